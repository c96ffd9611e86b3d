package markdown

import (
	"strings"
	"unicode/utf8"
)

// stableLine is a line and its text, which is read as that line.
type stableLine struct {
	line []Node
	text string
}

// maxStabilizing is the number of times that a line is written and read before it counts as one
// that never becomes stable.
const maxStabilizing = 4

// stabilize returns a stable line with as much of a line as possible, in the text that
// prosemirror-markdown writes or, if escapeAll, with everything escaped that may be syntax. Blanks
// that move out of emphasis lose the mark. If another text would be read, marks are dropped:
// emphasis where it cannot open or close, then all emphasis, then links and images. It returns
// false if even the text alone is read as another.
func stabilize(line []Node, kind lineKind, escapeAll bool) (stableLine, bool) {
	emphasis := readableEmphasis(escapeAll)
	for _, reduce := range reductions(line, unchanged, emphasis, withoutEmphasis, withoutLinks) {
		if s, ok := stabilizeAs(normalizeAs(reduce(line), kind), kind, escapeAll); ok {
			return s, true
		}
	}
	return stableLine{}, false
}

// escapedLine returns a line with everything escaped that may be syntax. If even that is read as
// another line, it returns the text alone.
func escapedLine(line []Node, kind lineKind) stableLine {
	if s, ok := stabilize(line, kind, true); ok {
		return s
	}
	line = normalizeAs(withoutLinks(line), kind)
	text, _ := writeLine(line, kind, true)
	return stableLine{line, text}
}

// normalizeAs normalizes a line that has lost nodes or marks, and may have blanks at its ends now.
func normalizeAs(line []Node, kind lineKind) []Node {
	if kind == cellLine {
		return normalizeCell(line)
	}
	return normalizeLine(line)
}

// stabilizeAs writes a line and reads it until it stays the same. It returns false if its visible
// text changes.
func stabilizeAs(line []Node, kind lineKind, escapeAll bool) (stableLine, bool) {
	for range maxStabilizing {
		text, certain := writeLine(line, kind, escapeAll)
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

// readLine reads the text of a line in a block of its kind. It returns false if the text is not
// just that line, or if HTML would be lost.
func readLine(text string, kind lineKind) (line []Node, ok bool) {
	if len(text) > MaxSize {
		return nil, false
	}
	switch r := (reader{}); {
	case kind == cellLine:
		cells := splitRow("| " + text + " |")
		return r.cell(strings.Join(cells, ""), true), len(cells) <= 1 && !r.lostHTML
	case kind == paragraphLine && isOnlyParagraph(text),
		kind == headingLine && isOnlyHeading(text):
		return r.line(text), !r.lostHTML
	case kind == headingLine:
		text = "# " + text
	}
	doc, lost, err := parse(text)
	if err != nil || lost || len(doc.Content) != 1 {
		return nil, false
	}
	want := Paragraph
	if kind == headingLine {
		want = Heading
	}
	return doc.Content[0].Content, doc.Content[0].Name == want
}

// isOnlyParagraph reports whether a text can be nothing but a paragraph: it is one line, and begins
// with a letter or a character that is not ASCII.
func isOnlyParagraph(text string) bool {
	starts := startsWord(text) || text != "" && text[0] >= utf8.RuneSelf
	return starts && !strings.Contains(text, "\n")
}

// isOnlyHeading reports whether a text behind "# " is all of a heading: it has no closing marker.
func isOnlyHeading(text string) bool {
	return len(text) < MaxSize-2 && isOnlyParagraph(text) && !strings.Contains(text, "#")
}

// sameVisibleText reports whether two lines differ in marks and blanks only.
func sameVisibleText(a, b []Node) bool { return visibleText(a) == visibleText(b) }

// visibleText returns the text of a line without whitespace, with images and references as their
// addresses.
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
		if a[i].Name != b[i].Name || a[i].Text != b[i].Text {
			return false
		}
		if !equalMarks(a[i].Marks, b[i].Marks) || !equalStrings(a[i].Attrs, b[i].Attrs) {
			return false
		}
	}
	return true
}

// equalStrings compares attributes of inline nodes, which are strings.
func equalStrings(a, b Attrs) bool {
	for key := range a {
		if a.str(key) != b.str(key) {
			return false
		}
	}
	return len(a) == len(b)
}
