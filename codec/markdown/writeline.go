package markdown

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lineWriter writes the nodes of one line with as few changes of marks as it can.
type lineWriter struct {
	line      []Node
	kind      lineKind
	careful   bool
	lineStart bool   // nothing was written in this line yet
	autolink  bool   // in <…>, where nothing is escaped
	open      []Mark // from the outermost in
	out       []byte
}

func (w *lineWriter) write() string {
	for i := range w.line {
		marks, isCode := w.arranged(w.line[i].Marks)
		keep := 0
		for keep < min(len(w.open), len(marks)) && marks[keep].equal(w.open[keep]) {
			keep++
		}
		w.closeTo(keep, i)
		for len(w.open) < len(marks) {
			w.begin(marks[len(w.open)], i)
		}
		w.node(i, isCode)
	}
	w.closeTo(0, len(w.line))
	return string(w.out)
}

// arranged is marks without Code, those that are open as near to their place among the open ones as they get.
func (w *lineWriter) arranged(marks []Mark) (out []Mark, isCode bool) {
	for _, m := range marks {
		if m.Name == Code {
			isCode = true
		} else {
			out = append(out, m)
		}
	}
	for i, m := range out {
		if j := slices.IndexFunc(w.open, m.equal); j >= 0 && j < i {
			copy(out[j+1:i+1], out[j:i])
			out[j] = m
		}
	}
	return out, isCode
}

// begin opens a mark before w.line[i].
func (w *lineWriter) begin(m Mark, i int) {
	delimiter := emphasisDelimiter(m.Name)
	if m.Name == Link {
		delimiter = "["
	}
	if m.Name == Link && w.isPlainAddress(m, i) {
		w.autolink, delimiter = true, "<"
	}
	if delimiter == "[" {
		w.escapeBang()
	} else if !w.lineStart && !unicode.IsSpace(lastRune(w.out)) {
		w.separate()
	}
	w.out = append(w.out, delimiter...)
	w.open = append(w.open, m)
	w.lineStart = false
}

func emphasisDelimiter(mark string) string {
	switch mark {
	case Em:
		return "*"
	case Strong:
		return "**"
	}
	return ""
}

// separator is nothing to a reader, and keeps what stands before it and behind it apart.
const separator = "<!-- -->"

// escapeBang keeps an exclamation mark before a link from making an image of it.
func (w *lineWriter) escapeBang() {
	n := len(w.out)
	if n > 0 && w.out[n-1] == '!' && (n == 1 || w.out[n-2] != '\\') {
		w.out = append(w.out[:n-1], `\!`...)
	}
}

// closeTo closes the marks but the first keep of them, before w.line[i].
func (w *lineWriter) closeTo(keep, i int) {
	for len(w.open) > keep {
		m := w.open[len(w.open)-1]
		w.open = w.open[:len(w.open)-1]
		switch {
		case m.Name == Link && w.autolink:
			w.autolink = false
			w.out = append(w.out, '>')
		case m.Name == Link:
			w.out = append(w.out, "]("+w.destination(m.Attrs.str("href"), "()\"")+w.title(m.Attrs.str("title"))+")"...)
		default:
			w.out = append(w.out, emphasisDelimiter(m.Name)...)
			if len(w.open) > keep || !w.endsAt(i) {
				w.separate()
			}
		}
	}
}

// separate keeps emphasis and what stands beside it apart.
func (w *lineWriter) separate() {
	if w.careful && !bytes.HasSuffix(w.out, []byte(separator)) {
		w.out = append(w.out, separator...)
	}
}

// endsAt says whether nothing comes at w.line[i] that emphasis before it must be kept apart from.
func (w *lineWriter) endsAt(i int) bool {
	return i == len(w.line) || w.line[i].Name == HardBreak || w.startsBlank(i)
}

func (w *lineWriter) startsBlank(i int) bool {
	r, _ := utf8.DecodeRuneInString(w.line[i].Text)
	return isPlain(w.line[i]) && unicode.IsSpace(r)
}

var protocol = regexp.MustCompile(`^\w+:`)

// isPlainAddress says whether a link's text is its address and all there is to it.
func (w *lineWriter) isPlainAddress(m Mark, i int) bool {
	n := w.line[i]
	href := m.Attrs.str("href")
	if w.careful || m.Attrs.str("title") != "" || !protocol.MatchString(href) || n.Name != Text || n.Text != href || len(n.Marks) == 0 || !n.Marks[len(n.Marks)-1].equal(m) {
		return false
	}
	return i == len(w.line)-1 || !contains(w.line[i+1].Marks, m)
}

func (w *lineWriter) node(i int, isCode bool) {
	n := &w.line[i]
	switch n.Name {
	case Text:
		w.text(n.Text, isCode, w.endsEmphasis(i) || w.kind == cellLine && i == len(w.line)-1)
	case Image:
		w.lineStart = false
		w.out = append(w.out, "!["+w.escape(n.Attrs.str("alt"), false)+"]("...)
		w.out = append(w.out, w.destination(n.Attrs.str("src"), "()")+w.title(n.Attrs.str("title"))+")"...)
	case CivicRef:
		w.out = appendCivicRef(w.out, n.Attrs)
	case HardBreak:
		w.hardBreak()
		return
	}
	w.lineStart = false
}

func (w *lineWriter) hardBreak() {
	if w.kind == cellLine {
		w.out = append(w.out, "<br>"...)
	} else {
		w.out = append(w.out, "\\\n"...)
	}
	w.lineStart = w.careful && w.kind != cellLine
}

// endsEmphasis says whether emphasis may end with w.line[i].
func (w *lineWriter) endsEmphasis(i int) bool {
	last := i == len(w.line)-1
	return hasEmphasis(w.line[i]) && (last || !equalMarks(w.line[i].Marks, w.line[i+1].Marks))
}

func (w *lineWriter) text(s string, isCode, last bool) {
	switch {
	case isCode:
		w.out = append(w.out, codeSpan(s, w.careful)...)
	case w.autolink:
		w.out = append(w.out, s...)
	default:
		w.out = append(w.out, w.escape(s, last)...)
	}
}

// codeSpan has more backticks around it than there are in it in a row. Blanks at both ends would be taken off.
func codeSpan(s string, careful bool) string {
	ticks, pad := longestRun(s, '`')+1, ""
	if ticks > 1 || careful && len(s) > 2 && s[0] == ' ' && s[len(s)-1] == ' ' {
		pad = " "
	}
	fence := strings.Repeat("`", ticks)
	return fence + pad + s + pad + fence
}
