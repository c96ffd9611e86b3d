package markdown

import (
	"strings"
	"unicode/utf8"
)

// normalLine is what of the nodes of a paragraph Markdown can say.
func normalLine(nodes []Node) []Node {
	line := normalCell(nodes)
	for len(line) > 0 && line[len(line)-1].Name == HardBreak {
		line = trimBlanks(line[:len(line)-1])
	}
	return settleBreaks(line)
}

// normalCell is the same for a cell, whose breaks are tags.
func normalCell(nodes []Node) []Node {
	var b lineBuilder
	for _, n := range nodes {
		b.add(normalInline(n))
	}
	line := b.line()
	for _, mark := range [...]string{Em, Strong} {
		line = expel(line, mark)
	}
	return trimBlanks(line)
}

func normalInline(n Node) Node {
	out := Node{Name: n.Name, Marks: normalMarks(n.Marks)}
	switch n.Name {
	case Text:
		out.Text = oneLine(n.Text)
	case Image:
		return normalImage(n, out)
	case HardBreak:
		out.Marks = withoutMark(out.Marks, Code)
	case CivicRef:
		out.Attrs = Attrs{"refType": refType(n.Attrs.str("refType")), "id": normalLabel(n.Attrs.str("id")), "label": normalLabel(n.Attrs.str("label"))}
		out.Marks = withoutMark(out.Marks, Code)
	}
	return out
}

// normalLabel is a label as it is read: what looks escaped is not.
func normalLabel(s string) string { return civicRefUnescaper.Replace(oneLine(s)) }

// normalImage is text where an image may not be had from.
func normalImage(n, out Node) Node {
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

// normalMarks keeps the marks that Markdown has, links only where they are safe.
func normalMarks(marks []Mark) (kept []Mark) {
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

// expel takes blanks and breaks at either end of a mark out of it, as there emphasis can neither begin nor end.
func expel(line []Node, mark string) []Node {
	var out lineBuilder
	for i := 0; i < len(line); {
		end := i
		for end < len(line) && hasMark(line[end].Marks, mark) {
			end++
		}
		if end == i {
			end++
			out.add(line[i])
		} else {
			expelled(&out, line[i:end], mark)
		}
		i = end
	}
	return out.line()
}

// expelled adds a run of nodes that have the mark, which those that are nothing but blank at either end lose.
func expelled(out *lineBuilder, run []Node, mark string) {
	end := len(run)
	for end > 0 && isBlankNode(run[end-1]) {
		end--
	}
	for i, n := range run {
		lead, rest, tail := n, n, n
		lead.Marks = withoutMark(n.Marks, mark)
		tail.Marks = lead.Marks
		switch inside := out.lastHas(mark) && i > 0; {
		case i >= end || !inside && isBlankNode(n):
			out.add(lead)
			continue
		case isPlain(n):
			lead.Text, rest.Text, tail.Text = cutBlanks(n.Text, !inside, i == end-1)
			out.add(lead)
			out.add(rest)
			out.add(tail)
		default:
			out.add(n)
		}
	}
}

func isBlankNode(n Node) bool {
	return n.Name == HardBreak || isPlain(n) && trim(n.Text) == ""
}

// cutBlanks cuts a text into the blanks at its left, what is between, and those at its right, as far as asked.
func cutBlanks(s string, left, right bool) (lead, rest, tail string) {
	rest = s
	if left {
		rest = strings.TrimLeftFunc(s, isSpace)
		lead = s[:len(s)-len(rest)]
	}
	if right {
		kept := strings.TrimRightFunc(rest, isSpace)
		rest, tail = kept, rest[len(kept):]
	}
	return lead, rest, tail
}

// trimBlanks takes blanks off both ends of a line.
func trimBlanks(line []Node) []Node {
	for len(line) > 0 && isEdge(line[0]) {
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

// isEdge says whether nothing stands between a text and the end of the line.
func isEdge(n Node) bool { return isPlain(n) && !hasMark(n.Marks, Link) }

func isPlain(n Node) bool { return n.Name == Text && !hasMark(n.Marks, Code) }

// settleBreaks takes from breaks the marks that end with them, and the blanks behind them.
func settleBreaks(line []Node) []Node {
	var behind []Mark
	for i := len(line) - 1; i >= 0; i-- {
		if line[i].Name == HardBreak {
			line[i].Marks = common(line[i].Marks, behind)
		} else {
			behind = line[i].Marks
		}
	}
	var out lineBuilder
	for _, n := range line {
		if isEdge(n) && out.after(HardBreak) {
			n.Text = strings.TrimLeft(n.Text, " \t")
		}
		out.add(n)
	}
	return out.line()
}

func common(marks, others []Mark) (kept []Mark) {
	for _, m := range marks {
		if contains(others, m) {
			kept = append(kept, m)
		}
	}
	return kept
}

// lastRune is the last character of b, or a blank.
func lastRune(b []byte) rune {
	if len(b) == 0 {
		return ' '
	}
	r, _ := utf8.DecodeLastRune(b)
	return r
}
