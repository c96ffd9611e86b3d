package markdown

import (
	"slices"
	"strings"
)

// lineWriter writes a line like prosemirror-markdown: it opens and closes marks in the same order,
// moves the same blanks out of emphasis, and escapes the same characters.
type lineWriter struct {
	line      []Node
	kind      lineKind
	out       []byte
	active    []Mark // open marks, the outermost first
	trailing  string // blanks that were moved behind closing marks
	start     bool   // only blanks were written yet, so a block's marker would have an effect
	autolink  bool   // within <…>, where nothing is escaped
	escapeAll bool   // everything that may be syntax is escaped
	roundTrip roundTrip
}

// writeLine returns the text of a normalized line, of a cell without its bars, and whether it is
// certain to be read as that line.
func writeLine(line []Node, kind lineKind, escapeAll bool) (text string, certain bool) {
	var w lineWriter
	return w.write(line, kind, escapeAll)
}

// write does the same as writeLine, in the memory of the line before.
func (w *lineWriter) write(line []Node, kind lineKind, escapeAll bool) (text string, certain bool) {
	*w = lineWriter{
		line: line, kind: kind, escapeAll: escapeAll, out: w.out[:0], active: w.active[:0],
	}
	w.start = kind != headingLine
	for i := range line {
		w.node(i)
	}
	w.closeTo(0)
	w.roundTrip.end(len(w.out))
	w.roundTrip.uncertainIf(escapeAll || w.trailing != "" || isSpace(lastRune(w.out)))
	w.out = append(w.out, w.trailing...)
	if kind == cellLine {
		return strings.ReplaceAll(trim(string(w.out)), "|", `\|`), !w.roundTrip.uncertain
	}
	return string(w.out), !w.roundTrip.uncertain
}

// node writes line[i], behind the marks that end before it and those that begin.
func (w *lineWriter) node(i int) {
	n := &w.line[i]
	marks, open, code := w.orderMarks(w.marksAt(i))
	keep := commonPrefix(marks[:open], w.active)
	leading, text := w.trailing, n.Text
	w.trailing = ""
	if n.Name == Text {
		var lead string
		lead, text = w.cutBlanks(i, marks, keep)
		leading += lead
		w.roundTrip.uncertainIf(len(text) < len(n.Text))
		if text == "" {
			w.out = append(w.out, leading...)
			return
		}
	}
	w.closeTo(keep)
	w.out = append(w.out, leading...)
	for _, m := range marks[keep:open] {
		w.open(m, i)
	}
	w.content(n, text, code)
	w.start = false
}

// cutBlanks cuts off the blanks where emphasis begins or ends. Those of the end are written before
// the next node.
func (w *lineWriter) cutBlanks(i int, marks []Mark, keep int) (lead, text string) {
	text = w.line[i].Text
	if slices.ContainsFunc(marks[keep:], isEmphasis) {
		rest := strings.TrimLeftFunc(text, isSpace)
		lead, text = text[:len(text)-len(rest)], rest
	}
	if text != "" && w.emphasisEnds(i, marks) {
		rest := strings.TrimRightFunc(text, isSpace)
		w.trailing, text = text[len(rest):], rest
	}
	return lead, text
}

// emphasisEnds reports whether the next node is not in all emphasis that line[i] is in.
func (w *lineWriter) emphasisEnds(i int, marks []Mark) bool {
	for k, m := range marks {
		if isEmphasis(m) && !w.nextHas(i+1, marks[:k+1]) {
			return true
		}
	}
	return false
}

// nextHas reports whether the next node has marks first. Like the reference, it skips a break and
// the node behind it.
func (w *lineWriter) nextHas(i int, marks []Mark) bool {
	for ; i < len(w.line); i += 2 {
		if next := &w.line[i]; next.Name != HardBreak {
			return len(next.Marks) >= len(marks) && equalMarks(next.Marks[:len(marks)], marks)
		}
	}
	return false
}

// marksAt returns the marks of line[i], of a break those that the next node has too.
func (w *lineWriter) marksAt(i int) []Mark {
	n := &w.line[i]
	if n.Name != HardBreak || len(n.Marks) == 0 {
		return n.Marks
	}
	if i+1 == len(w.line) || w.line[i+1].Name == Text && trim(w.line[i+1].Text) == "" {
		return nil
	}
	return common(n.Marks, w.line[i+1].Marks)
}

// orderMarks returns marks in the order in which they are open, as far as the reference moves them,
// the number of them to be open, and whether the last is code, which is not one of these.
func (w *lineWriter) orderMarks(marks []Mark) (out []Mark, n int, code bool) {
	if n = len(marks); n > 0 && marks[n-1].Name == Code {
		n, code = n-1, true
	}
	if n == 0 || len(w.active) == 0 {
		return marks, n, code
	}
	for i := range n {
		m := marks[i]
		switch j := slices.IndexFunc(w.active, m.Equal); {
		case j >= 0 && j < i:
			marks = slices.Concat(marks[:j], []Mark{m}, marks[j:i], marks[i+1:n])
		case j > i:
			before, behind := marks[i+1:min(j, len(marks))], marks[min(j, n):n]
			marks = slices.Concat(marks[:i], before, []Mark{m}, behind)
		}
	}
	return marks, n, code
}

func commonPrefix(a, b []Mark) (n int) {
	for n < min(len(a), len(b)) && a[n].Equal(b[n]) {
		n++
	}
	return n
}

func isEmphasis(m Mark) bool { return m.Name == Em || m.Name == Strong }
