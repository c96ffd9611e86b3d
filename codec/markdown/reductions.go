package markdown

import (
	"slices"
	"unicode/utf8"
)

// reductions returns the functions to try for a line: the first, and the others if the line has
// nodes or marks that they drop.
func reductions(line []Node, ways ...func([]Node) []Node) []func([]Node) []Node {
	if slices.ContainsFunc(line, hasReducible) {
		return ways
	}
	return ways[:1]
}

// hasReducible reports whether a node is more than text or code.
func hasReducible(n Node) bool {
	return n.Name == Image || hasEmphasis(n) || hasMark(n.Marks, Link)
}

// maxEmphasisRuns is the number of runs of emphasis in one line that are tried one by one.
const maxEmphasisRuns = 256

// readableEmphasis drops emphasis that is not read as such at its place, like that between a letter
// and a bracket. Each run of it is tried by itself, with the character before and the one behind
// it. If there are too many runs, it drops all emphasis.
func readableEmphasis(escapeAll bool) func(line []Node) []Node {
	return func(line []Node) []Node {
		var out lineBuilder
		runs := 0
		for i := 0; i < len(line); {
			end := i
			for end < len(line) && hasEmphasis(line[end]) {
				end++
			}
			run := line[i:max(end, i+1)]
			if end > i {
				if runs++; runs > maxEmphasisRuns {
					return withoutEmphasis(line)
				}
				run = readableRun(lastOf(line[:i]), run, firstOf(line[end:]), escapeAll)
			}
			for _, n := range run {
				out.add(n)
			}
			i = max(end, i+1)
		}
		return out.line()
	}
}

// readableRun returns a run with as much of its emphasis as is read between two characters.
func readableRun(before, run, behind []Node, escapeAll bool) []Node {
	for _, reduce := range [...]func([]Node) []Node{unchanged, without(Em), without(Strong)} {
		tried := reduce(run)
		line := normalizeLine(slices.Concat(before, tried, behind))
		if _, ok := stabilizeAs(line, paragraphLine, escapeAll); ok {
			return tried
		}
	}
	return withoutEmphasis(run)
}

// lastOf returns the last character before a run, behind a letter, so that no block begins with it.
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

// firstOf returns the first character behind a run.
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

// without returns a function that drops a mark.
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

// withoutLinks drops emphasis and links, and replaces images by their text.
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
