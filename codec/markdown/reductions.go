package markdown

import (
	"slices"
	"unicode/utf8"
)

// fewerMarks are the ways to go through for a line: the first, and the others if it has what they drop.
func reductions(line []Node, ways ...func([]Node) []Node) []func([]Node) []Node {
	if slices.ContainsFunc(line, hasReducible) {
		return ways
	}
	return ways[:1]
}

// hasMore says whether something is more than text and code.
func hasReducible(n Node) bool { return n.Name == Image || hasEmphasis(n) || hasMark(n.Marks, Link) }

// maxStretches is how many pieces of emphasis of one line are looked at one by one.
const maxEmphasisRuns = 256

// readableEmphasis drops the emphasis that is not read where it stands, as between a letter and a bracket: each
// stretch of it is tried by itself, with the character before and the one behind it. Where there are very many, all go.
func readableEmphasis(careful bool) func(line []Node) []Node {
	return func(line []Node) []Node {
		var out lineBuilder
		stretches := 0
		for i := 0; i < len(line); {
			end := i
			for end < len(line) && hasEmphasis(line[end]) {
				end++
			}
			stretch := line[i:max(end, i+1)]
			if end > i {
				if stretches++; stretches > maxEmphasisRuns {
					return withoutEmphasis(line)
				}
				stretch = readableRun(lastOf(line[:i]), stretch, firstOf(line[end:]), careful)
			}
			for _, n := range stretch {
				out.add(n)
			}
			i = max(end, i+1)
		}
		return out.line()
	}
}

// readableStretch has as much of the emphasis of a stretch as is read between two characters.
func readableRun(before, stretch, behind []Node, careful bool) []Node {
	for _, less := range [...]func([]Node) []Node{unchanged, without(Em), without(Strong)} {
		tried := less(stretch)
		if _, ok := stabilizeAs(normalizeLine(slices.Concat(before, tried, behind)), paragraphLine, careful); ok {
			return tried
		}
	}
	return withoutEmphasis(stretch)
}

// lastOf is the last character of what stands before emphasis, behind a letter so that no block begins with it.
func lastOf(line []Node) []Node {
	if len(line) == 0 {
		return nil
	}
	n := line[len(line)-1]
	if n.Name == Text {
		_, size := utf8.DecodeLastRuneInString(n.Text)
		n.Text = n.Text[len(n.Text)-size:]
	}
	return []Node{{Name: Text, Text: "a"}, n}
}

// firstOf is the first character of what stands behind emphasis.
func firstOf(line []Node) []Node {
	if len(line) == 0 {
		return nil
	}
	n := line[0]
	if n.Name == Text {
		_, size := utf8.DecodeRuneInString(n.Text)
		n.Text = n.Text[:size]
	}
	return []Node{n}
}

func unchanged(line []Node) []Node { return line }

// without drops a mark.
func without(mark string) func([]Node) []Node {
	return func(line []Node) []Node {
		b := builderFor(len(line))
		for _, n := range line {
			n.Marks = withoutMark(n.Marks, mark)
			b.add(n)
		}
		return b.line()
	}
}

func withoutEmphasis(line []Node) []Node { return without(Em)(without(Strong)(line)) }

func hasEmphasis(n Node) bool { return hasMark(n.Marks, Em) || hasMark(n.Marks, Strong) }

// textAlone has no links, and of pictures their text.
func withoutLinks(line []Node) []Node {
	var out lineBuilder
	for _, n := range line {
		n.Marks = withoutMark(withoutMark(withoutMark(n.Marks, Link), Em), Strong)
		if n.Name == Image {
			n = Node{Name: Text, Text: n.Attrs.str("alt"), Marks: n.Marks}
		}
		out.add(n)
	}
	return out.line()
}
