package markdown

import (
	"strings"
	"unicode/utf8"
)

// settledLine is a line that is read from its text as it is.
type stableLine struct {
	line []Node
	text string
}

// maxSettling is how often a line is written and read before it counts as one that never stays the same.
const maxStabilizing = 4

// settle finds what of a line prosemirror-markdown writes so that it is read again. Blanks that it moves out of
// emphasis lose the mark. If other text would be read, marks are dropped: emphasis where it cannot begin or end,
// then all emphasis, then links and pictures. It is false where the text alone means something else, unless all that may mean
// something is escaped with care.
func stabilize(line []Node, kind lineKind, careful bool) (stableLine, bool) {
	for _, less := range reductions(line, unchanged, readableEmphasis(careful), withoutEmphasis, withoutLinks) {
		if s, ok := stabilizeAs(normalizeAs(less(line), kind), kind, careful); ok {
			return s, true
		}
	}
	return stableLine{}, false
}

// carefulLine escapes all that may mean something. Where even that is read otherwise the text is alone.
func escapedLine(line []Node, kind lineKind) stableLine {
	if s, ok := stabilize(line, kind, true); ok {
		return s
	}
	line = normalizeAs(withoutLinks(line), kind)
	text, _ := writeLine(line, kind, true)
	return stableLine{line, text}
}

// normalOf is a line that lost something, without the blanks that now stand at its ends.
func normalizeAs(line []Node, kind lineKind) []Node {
	if kind == cellLine {
		return normalizeCell(line)
	}
	return normalizeLine(line)
}

// settleAs writes a line and reads it until it stays the same. It is false if its text does not.
func stabilizeAs(line []Node, kind lineKind, careful bool) (stableLine, bool) {
	for range maxStabilizing {
		text, certain := writeLine(line, kind, careful)
		if certain || len(line) == 0 {
			return stableLine{line, text}, true
		}
		back, ok := readLine(text, kind)
		if !ok || !sameVisibleText(back, line) {
			return stableLine{}, false
		}
		if equalLines(back, line) {
			return stableLine{line, text}, true
		}
		line = normalizeAs(back, kind)
	}
	return stableLine{}, false
}

// readLine reads the text of a line where it stands. It is false if it is more than that line, or if something of it would be lost.
func readLine(text string, kind lineKind) (line []Node, ok bool) {
	if len(text) > MaxSize {
		return nil, false
	}
	switch r := (reader{}); {
	case kind == cellLine:
		cells := splitRow("| " + text + " |")
		return r.cell(strings.Join(cells, ""), true), len(cells) <= 1 && !r.lostHTML
	case kind == paragraphLine && isOnlyParagraph(text), kind == headingLine && isOnlyHeading(text):
		return r.line(text), !r.lostHTML
	case kind == headingLine:
		text = "# " + text
	}
	doc, lost, err := parse(text)
	if err != nil || lost || len(doc.Content) != 1 {
		return nil, false
	}
	is := doc.Content[0].Name
	return doc.Content[0].Content, is == Paragraph && kind == paragraphLine || is == Heading && kind == headingLine
}

// isOnlyParagraph says whether a text can be no other block: one line that starts with a letter, or with what is not ASCII.
func isOnlyParagraph(text string) bool {
	return (startsWord(text) || text != "" && text[0] >= utf8.RuneSelf) && !strings.Contains(text, "\n")
}

// isOnlyHeading says whether a text is all of a heading: what marks the end of one is not in it.
func isOnlyHeading(text string) bool {
	return len(text) < MaxSize-2 && isOnlyParagraph(text) && !strings.Contains(text, "#")
}

// sameText says whether two lines say the same but for marks and blanks.
func sameVisibleText(a, b []Node) bool { return visibleText(a) == visibleText(b) }

// said is what a line says without blanks, pictures and references as their addresses.
func visibleText(line []Node) string {
	var b strings.Builder
	for _, n := range line {
		switch n.Name {
		case Image:
			b.WriteString("\x00" + n.Attrs.str("src") + "\x00")
		case CivicRef:
			b.WriteString("\x00" + n.Attrs.str("id") + "\x00")
		case HardBreak:
			b.WriteByte('\n')
		}
		for _, r := range n.Text {
			if !isSpace(r) {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
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
