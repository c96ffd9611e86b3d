package markdown

import (
	"strings"
	"unicode/utf8"
)

// normalLine is what of the nodes of a paragraph Markdown can say.
func normalLine(nodes []Node) []Node {
	line := normalCell(nodes)
	for len(line) > 0 && line[len(line)-1].Name == HardBreak {
		line = line[:len(line)-1]
		line = trimBlanks(line)
	}
	return settleBreaks(line)
}

// normalCell is the same for a cell, whose breaks are tags.
func normalCell(nodes []Node) []Node {
	var line []Node
	for _, n := range nodes {
		if n, ok := normalInline(n); ok {
			line = appendInline(line, n)
		}
	}
	for _, mark := range [...]string{Em, Strong} {
		line = expel(line, mark)
	}
	return trimBlanks(line)
}

func normalInline(n Node) (Node, bool) {
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
	return out, true
}

// normalLabel is a label as it is read: what looks escaped is not.
func normalLabel(s string) string { return civicRefUnescaper.Replace(oneLine(s)) }

// normalImage is text where an image may not be had from.
func normalImage(n, out Node) (Node, bool) {
	src := address(oneLine(n.Attrs.str("src")))
	alt := trim(oneLine(n.Attrs.str("alt")))
	if !isSafe(src) {
		return Node{Name: Text, Text: alt, Marks: out.Marks}, true
	}
	out.Attrs = Attrs{"src": src}
	out.Attrs.put("alt", alt)
	out.Attrs.put("title", oneLine(n.Attrs.str("title")))
	out.Marks = withoutMark(out.Marks, Code)
	return out, true
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
func expel(line []Node, mark string) (out []Node) {
	for i := 0; i < len(line); {
		if !hasMark(line[i].Marks, mark) {
			out = appendInline(out, line[i])
			i++
			continue
		}
		end := i + 1
		for end < len(line) && hasMark(line[end].Marks, mark) {
			end++
		}
		for _, n := range expelled(line[i:end], mark) {
			out = appendInline(out, n)
		}
		i = end
	}
	return out
}

func expelled(run []Node, mark string) []Node {
	var lead, tail []Node
	for len(run) > 0 {
		blank, rest, more := cutBlanks(run[0], mark, true)
		lead = append(lead, blank...)
		if run = append(rest, run[1:]...); !more {
			break
		}
	}
	for len(run) > 0 {
		last := len(run) - 1
		blank, rest, more := cutBlanks(run[last], mark, false)
		tail = append(blank, tail...)
		if run = append(run[:last:last], rest...); !more {
			break
		}
	}
	return append(append(lead, run...), tail...)
}

// cutBlanks cuts n into blanks, without the mark, and what is left of it. More says that it was all blank.
func cutBlanks(n Node, mark string, left bool) (blank, rest []Node, more bool) {
	bare := n
	bare.Marks = withoutMark(n.Marks, mark)
	switch {
	case n.Name == HardBreak:
		return []Node{bare}, nil, true
	case n.Name != Text || hasMark(n.Marks, Code):
		return nil, []Node{n}, false
	}
	kept := strings.TrimRightFunc(n.Text, isSpace)
	if left {
		kept = strings.TrimLeftFunc(n.Text, isSpace)
	}
	if kept == n.Text {
		return nil, []Node{n}, false
	}
	if bare.Text = n.Text[len(kept):]; left {
		bare.Text = n.Text[:len(n.Text)-len(kept)]
	}
	if kept == "" {
		return []Node{bare}, nil, true
	}
	n.Text = kept
	return []Node{bare}, []Node{n}, false
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
func settleBreaks(line []Node) (out []Node) {
	for i, n := range line {
		if n.Name == HardBreak {
			n.Marks = common(n.Marks, following(line, i))
		} else if isEdge(n) && len(out) > 0 && out[len(out)-1].Name == HardBreak {
			n.Text = strings.TrimLeft(n.Text, " \t")
		}
		out = appendInline(out, n)
	}
	return out
}

// following are the marks of what comes after line[i] and the breaks there.
func following(line []Node, i int) []Mark {
	for _, n := range line[i+1:] {
		if n.Name != HardBreak {
			return n.Marks
		}
	}
	return nil
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
