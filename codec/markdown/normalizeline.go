package markdown

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// normalizeLine returns the part of a paragraph's line that Markdown can express.
func normalizeLine(nodes []Node) []Node {
	return trimBreaks(normalizeCell(nodes))
}

// trimBreaks removes the breaks at the end of a line.
func trimBreaks(line []Node) []Node {
	for len(line) > 0 && line[len(line)-1].Name == HardBreak {
		line = trimBlanks(line[:len(line)-1])
	}
	return normalizeBreaks(line)
}

// normalizeCell does the same for a cell, whose breaks are tags.
func normalizeCell(nodes []Node) []Node {
	b := builderFor(len(nodes))
	return normalizeCellIn(&b, nodes)
}

func normalizeCellIn(b *lineBuilder, nodes []Node) []Node {
	for i := range nodes {
		b.add(NormalizeInline(nodes[i]))
	}
	return trimBlanks(b.line())
}

// NormalizeInline returns the part of an inline node that Markdown can express. An image may become
// text.
func NormalizeInline(n Node) Node {
	out := Node{Name: n.Name, Marks: normalizeMarks(n.Marks)}
	switch n.Name {
	case Text:
		out.Text = oneLine(n.Text)
	case Image:
		return normalizeImage(n, out)
	case HardBreak:
		out.Marks = withoutMark(out.Marks, Code)
	case CivicRef:
		out.Attrs = Attrs{
			"refType": refType(n.Attrs.str("refType")),
			"id":      normalizeLabel(n.Attrs.str("id")),
			"label":   normalizeLabel(n.Attrs.str("label")),
		}
		out.Marks = withoutMark(out.Marks, Code)
	}
	return out
}

// normalizeLabel returns a label as it is read: its escapes are replaced.
func normalizeLabel(s string) string {
	if s = oneLine(s); !strings.Contains(s, "&") {
		return s
	}
	return civicRefUnescaper.Replace(s)
}

// normalizeImage returns an image, or its text if its address is not safe.
func normalizeImage(n, out Node) Node {
	src := address(oneLine(n.Attrs.str("src")))
	alt := trim(oneLine(n.Attrs.str("alt")))
	if !isSafe(src) {
		return Node{Name: Text, Text: alt, Marks: out.Marks}
	}
	out.Attrs = Attrs{"src": src}
	out.Attrs.put("alt", alt)
	out.Attrs.put("title", oneLine(n.Attrs.str("title")))
	out.Marks = withoutMark(out.Marks, Code)
	return out
}

// normalizeMarks returns the marks that Markdown has, and links only if they are safe.
func normalizeMarks(marks []Mark) (kept []Mark) {
	if areNormal(marks) {
		return marks
	}
	for _, m := range marks {
		switch m.Name {
		case Em, Strong, Code:
			kept = withMark(kept, Mark{Name: m.Name})
		case Link:
			if href := address(oneLine(m.Attrs.str("href"))); isSafe(href) {
				kept = withMark(kept, linkMark(href, oneLine(m.Attrs.str("title"))))
			}
		}
	}
	return kept
}

// areNormal reports whether marks are known to be normalized. It checks only what is cheap to
// check.
func areNormal(marks []Mark) bool {
	for i, m := range marks {
		isEmphasisOrCode := (m.Name == Em || m.Name == Strong || m.Name == Code) && m.Attrs == nil
		if !isEmphasisOrCode && !isNormalLink(m) || i > 0 && rank(marks[i-1].Name) >= rank(m.Name) {
			return false
		}
	}
	return true
}

func isNormalLink(m Mark) bool {
	if m.Name != Link {
		return false
	}
	for key, value := range m.Attrs {
		s, ok := value.(string)
		if !ok || key != "href" && (key != "title" || s == "" || !isPlainTitle(s)) {
			return false
		}
	}
	href, ok := m.Attrs["href"].(string)
	return ok && isAddress(href) && isSafe(href)
}

// isPlainTitle reports whether a title is known to be normalized. It checks only what is cheap to
// check.
func isPlainTitle(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// trimBlanks removes the blanks at both ends of a line.
func trimBlanks(line []Node) []Node {
	for len(line) > 0 && isEdge(line[0]) && !guardsReference(line) {
		if line[0].Text = strings.TrimLeft(line[0].Text, " \t"); line[0].Text != "" {
			break
		}
		line = line[1:]
	}
	for last := len(line) - 1; last >= 0 && isEdge(line[last]); last-- {
		if line[last].Text = strings.TrimRight(line[last].Text, " \t"); line[last].Text != "" {
			break
		}
		line = line[:last]
	}
	return line
}

// guardsReference reports whether a line begins with a link of blanks before a reference. Without
// the link the reference would be first, and be read as a block of HTML.
func guardsReference(line []Node) bool {
	return len(line) > 1 && line[1].Name == CivicRef && hasMark(line[0].Marks, Link)
}

// isEdge reports whether blanks of a node at the end of a line are those of the line. A link of
// blanks alone counts as blanks.
func isEdge(n Node) bool {
	return isPlain(n) && (!hasMark(n.Marks, Link) || strings.Trim(n.Text, " \t") == "")
}

func isPlain(n Node) bool { return n.Name == Text && !hasMark(n.Marks, Code) }

func isBreak(n Node) bool { return n.Name == HardBreak }

// normalizeBreaks removes the marks from breaks that end with them, and the blanks behind breaks.
func normalizeBreaks(line []Node) []Node {
	if !slices.ContainsFunc(line, isBreak) {
		return line
	}
	out := builderFor(len(line))
	for i, n := range line {
		behindBreak := out.lastIs(HardBreak) && !guardsReference(line[i:])
		if behindBreak && (isEdge(n) || isPlain(n) && out.lastInLinkOf(n)) {
			n.Text = strings.TrimLeft(n.Text, " \t")
		}
		out.add(n)
	}
	normal := out.line()
	var behind []Mark
	for i := len(normal) - 1; i >= 0; i-- {
		if normal[i].Name == HardBreak {
			normal[i].Marks = common(normal[i].Marks, behind)
		} else {
			behind = normal[i].Marks
		}
	}
	return normal
}
