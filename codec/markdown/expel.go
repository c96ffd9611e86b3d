package markdown

import (
	"slices"
	"strings"
)

// expel takes blanks and breaks at either end of a mark out of it, as there emphasis can neither begin nor end.
func expel(line []Node, mark string) []Node {
	if !slices.ContainsFunc(line, func(n Node) bool { return hasMark(n.Marks, mark) }) {
		return line
	}
	out := builderFor(len(line) + 2)
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
