package markdown

import (
	"slices"
	"strings"
)

// lineWriter writes what stands in one line as prosemirror-markdown does: it opens and closes marks in
// the same order, moves the same blanks out of emphasis, and escapes as little.
type lineWriter struct {
	line      []Node
	kind      lineKind
	out       []byte
	active    []Mark // the open marks, from the outermost in
	trailing  string // blanks that were moved behind the marks before the next node
	start     bool   // nothing but blanks was written yet, so a marker of a block would count
	autolink  bool   // in <…>, where nothing is escaped
	escapeAll bool   // all that may mean something is escaped
	roundTrip roundTrip
}

// writeLine writes a normal line, of a cell as it stands between its bars, and says whether it is certain to be
// read as that line.
func writeLine(line []Node, kind lineKind, careful bool) (text string, certain bool) {
	var w lineWriter
	return w.write(line, kind, careful)
}

// write is writeLine, with the memory of the line before.
func (w *lineWriter) write(line []Node, kind lineKind, careful bool) (text string, certain bool) {
	*w = lineWriter{line: line, kind: kind, start: kind != headingLine, escapeAll: careful, out: w.out[:0], active: w.active[:0]}
	for i := range line {
		w.node(i)
	}
	w.closeTo(0)
	w.roundTrip.end(len(w.out))
	w.roundTrip.uncertainIf(careful || w.trailing != "" || isSpace(lastRune(w.out)))
	w.out = append(w.out, w.trailing...)
	if kind == cellLine {
		return strings.ReplaceAll(trim(string(w.out)), "|", `\|`), !w.roundTrip.uncertain
	}
	return string(w.out), !w.roundTrip.uncertain
}

// next writes line[i], behind the marks that end before it and those that begin.
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

// cut cuts off the blanks where emphasis begins or ends. What is cut off the end is written before the next node.
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

// emphasisEnds says whether emphasis around line[i] is not around what comes next.
func (w *lineWriter) emphasisEnds(i int, marks []Mark) bool {
	for k, m := range marks {
		if isEmphasis(m) && !w.nextHas(i+1, marks[:k+1]) {
			return true
		}
	}
	return false
}

// nextHas says whether the next node has these marks first. The reference passes over a break and what stands behind it.
func (w *lineWriter) nextHas(i int, marks []Mark) bool {
	for ; i < len(w.line); i += 2 {
		if next := &w.line[i]; next.Name != HardBreak {
			return len(next.Marks) >= len(marks) && equalMarks(next.Marks[:len(marks)], marks)
		}
	}
	return false
}

// marksAt are the marks of line[i]. A break has those that what follows has too.
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

// ordered are marks, those that are open in the order in which they are, as far as the reference moves them, and
// how many of them are to be open. Code is not among those.
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
			marks = slices.Concat(marks[:i], marks[i+1:min(j, len(marks))], []Mark{m}, marks[min(j, n):n])
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
