package markdown

import (
	"strings"
	"unicode/utf8"
)

// lineKind is where what stands in a line stands.
type lineKind int

const (
	paragraphLine lineKind = iota
	headingLine
	cellLine
)

// formatLine writes what stands in a line: first as the reference does, which
// escapes little; if that is read as something else, with all that may mean
// something escaped. If even so it is read otherwise, it is written without emphasis, or as text alone.
func formatLine(line []Node, kind lineKind) string {
	if len(line) == 0 {
		return ""
	}
	for _, less := range [...]func([]Node) []Node{all, withoutEmphasis, textAlone} {
		if line = less(line); kind == cellLine {
			line = normalCell(line)
		} else {
			line = normalLine(line)
		}
		for _, careful := range [...]bool{false, true} {
			w := lineWriter{line: line, kind: kind, careful: careful, lineStart: kind != headingLine}
			if text := w.write(); readsAs(text, line, kind) {
				return text
			}
		}
	}
	w := lineWriter{line: line, kind: kind, careful: true, lineStart: kind != headingLine}
	return w.write()
}

// readsAs says whether a text is read as the nodes it was made of.
func readsAs(text string, line []Node, kind lineKind) bool {
	if len(text) > MaxSize {
		return false
	}
	switch r := (reader{}); {
	case kind == cellLine:
		cells := splitRow("| " + strings.ReplaceAll(text, "|", `\|`) + " |")
		return len(cells) == 1 && equalLines(r.cell(cells[0], true), line)
	case kind == paragraphLine && isOnlyParagraph(text), kind == headingLine && isOnlyHeading(text):
		return equalLines(r.line(text), line)
	case kind == headingLine:
		text = "# " + text
	}
	doc, err := Parse(text)
	if err != nil || len(doc.Content) != 1 {
		return false
	}
	is := doc.Content[0].Name
	return (is == Paragraph && kind == paragraphLine || is == Heading && kind == headingLine) && equalLines(doc.Content[0].Content, line)
}

// isOnlyParagraph says whether a text can be no other block: one line that starts with a letter, or with what is not ASCII.
func isOnlyParagraph(text string) bool {
	return (startsWord(text) || text != "" && text[0] >= utf8.RuneSelf) && !strings.Contains(text, "\n")
}

// isOnlyHeading says whether a text is all of a heading: what marks the end of one is not in it.
func isOnlyHeading(text string) bool {
	return len(text) < MaxSize-2 && isOnlyParagraph(text) && !strings.Contains(text, "#")
}

func equalLines(a, b []Node) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Text != b[i].Text || !equalMarks(a[i].Marks, b[i].Marks) || !equalStrings(a[i].Attrs, b[i].Attrs) {
			return false
		}
	}
	return true
}

// equalStrings compares attributes of what stands in a line, which are strings.
func equalStrings(a, b Attrs) bool {
	for key := range a {
		if a.str(key) != b.str(key) {
			return false
		}
	}
	return len(a) == len(b)
}

func hasEmphasis(n Node) bool { return hasMark(n.Marks, Em) || hasMark(n.Marks, Strong) }

func all(line []Node) []Node { return line }

func withoutEmphasis(line []Node) []Node {
	var out lineBuilder
	for _, n := range line {
		n.Marks = withoutMark(withoutMark(n.Marks, Em), Strong)
		out.add(n)
	}
	return out.line()
}

func textAlone(line []Node) []Node {
	var out lineBuilder
	for _, n := range line {
		if n.Marks = withoutMark(n.Marks, Link); n.Name == Image {
			n = Node{Name: Text, Text: n.Attrs.str("alt")}
		}
		out.add(n)
	}
	return out.line()
}
