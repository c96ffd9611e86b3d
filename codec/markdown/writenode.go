package markdown

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// open opens a mark before line[i].
func (w *lineWriter) open(m Mark, i int) {
	w.active = append(w.active, m)
	w.start = false
	switch {
	case m.Name != Link:
		w.roundTrip.open(lastRune(w.out))
		w.out = append(w.out, emphasisDelimiter(m.Name)...)
	case !w.escapeAll && isPlainAddress(w.line, i, m):
		w.autolink = true
		w.noteNext('<')
		href := m.Attrs.str("href")
		w.roundTrip.uncertainIf(strings.Contains(href, "%") || !strings.HasPrefix(href, "http"))
		w.out = append(w.out, '<')
	default:
		w.noteNext('[')
		w.roundTrip.count(2)
		w.out = append(escapeBang(w.out), '[')
	}
}

// noteNext notes the first character of the text that is written next.
func (w *lineWriter) noteNext(first rune) {
	if !w.roundTrip.uncertain {
		w.roundTrip.next(first)
	}
}

// closeTo closes the open marks behind the first keep.
func (w *lineWriter) closeTo(keep int) {
	for len(w.active) > keep {
		m := w.active[len(w.active)-1]
		w.active = w.active[:len(w.active)-1]
		switch {
		case m.Name != Link:
			w.roundTrip.close(lastRune(w.out))
			w.out = append(w.out, emphasisDelimiter(m.Name)...)
		case w.autolink:
			w.roundTrip.address(m.Attrs.str("href"), "")
			w.out = append(w.out, '>')
		default:
			w.noteNext(']')
			w.roundTrip.uncertainIf(lastRune(w.out) == '[')
			w.roundTrip.address(m.Attrs.str("href"), m.Attrs.str("title"))
			w.out = append(w.out, ']')
			w.out = w.appendDestination(w.out, m.Attrs.str("href"), `()"`, m.Attrs.str("title"))
		}
		if m.Name == Link {
			w.autolink = false
		}
	}
}

func (w *lineWriter) appendDestination(dst []byte, address, escaped, title string) []byte {
	if w.escapeAll && (address == "" || strings.ContainsAny(address, "()&")) {
		dst = append(append(append(dst, "(<"...), escapeBytes(address, "&")...), '>')
	} else {
		dst = append(append(dst, '('), escapeBytes(address, escaped)...)
	}
	switch {
	case title != "" && w.escapeAll:
		dst = append(append(append(dst, ` "`...), escapeBytes(title, "\\\"&")...), '"')
	case title != "":
		dst = append(append(append(dst, ` "`...), escapeBytes(title, `"`)...), '"')
	}
	return append(dst, ')')
}

func (w *lineWriter) content(n *Node, text string, code bool) {
	switch n.Name {
	case Text:
		w.text(n, text, code)
	case Image:
		w.noteNext('!')
		w.roundTrip.count(2)
		w.roundTrip.uncertainIf(lastRune(w.out) == '!')
		w.roundTrip.plain(n.Attrs.str("alt"))
		w.roundTrip.address(n.Attrs.str("src"), n.Attrs.str("title"))
		w.out = append(append(w.out, "!["...), escape(n.Attrs.str("alt"), false, w.escapeAll)...)
		w.out = append(w.out, ']')
		w.out = w.appendDestination(w.out, n.Attrs.str("src"), "()", n.Attrs.str("title"))
	case CivicRef:
		w.noteNext('<')
		beginsLine := len(w.out) == 0 || lastRune(w.out) == '\n'
		w.roundTrip.uncertainIf(w.kind == paragraphLine && beginsLine)
		w.roundTrip.plain(n.Attrs.str("id"))
		w.roundTrip.plain(n.Attrs.str("label"))
		w.out = appendCivicRef(w.out, n.Attrs)
	case HardBreak:
		w.noteNext('\\')
		w.roundTrip.hasBreak = w.kind != cellLine
		w.roundTrip.uncertainIf(len(w.active) > 0 || len(n.Marks) > 0)
		w.roundTrip.uncertainIf(isSpace(lastRune(w.out)) || lastRune(w.out) == '\\')
		w.out = append(w.out, lineBreak(w.kind)...)
	}
}

func lineBreak(kind lineKind) string {
	if kind == cellLine {
		return "<br>"
	}
	return "\\\n"
}

// text writes a text without the blanks that were cut off.
func (w *lineWriter) text(n *Node, text string, code bool) {
	switch {
	case code:
		w.noteNext('`')
		w.roundTrip.code(text, lastRune(w.out), w.kind)
		ticks, pad := w.codeFence(n.Text)
		w.out = append(append(append(w.out, ticks...), pad...), text...)
		w.out = append(append(w.out, pad...), ticks...)
	case w.autolink:
		w.out = append(w.out, text...)
	default:
		w.noteNext(firstRune(text))
		lineStart := w.kind == paragraphLine && (len(w.out) == 0 || w.out[len(w.out)-1] == '\n')
		w.roundTrip.uncertainIf((lineStart || len(w.out) == 0) && isSpace(firstRune(text)))
		w.roundTrip.text(text, w.start || lineStart, w.kind)
		w.out = append(w.out, escape(text, w.start || w.escapeAll && lineStart, w.escapeAll)...)
	}
}

// codeFence returns more backticks than are in a row in s, and a blank to put behind them if there
// are any, or if blanks of s would be removed.
func (w *lineWriter) codeFence(s string) (ticks, pad string) {
	n := longestRun(s, '`')
	if n > 0 || w.escapeAll && len(s) > 2 && s[0] == ' ' && s[len(s)-1] == ' ' {
		pad = " "
	}
	return strings.Repeat("`", n+1), pad
}

// isPlainAddress reports whether the link at line[i] has no title, and its address for its text.
func isPlainAddress(line []Node, i int, m Mark) bool {
	n, href := &line[i], m.Attrs.str("href")
	if m.Attrs.str("title") != "" || n.Name != Text || n.Text != href || !hasProtocol(href) {
		return false
	}
	if !n.Marks[len(n.Marks)-1].Equal(m) {
		return false
	}
	return i == len(line)-1 || !contains(line[i+1].Marks, m)
}

// hasProtocol reports whether an address begins with a word and a colon.
func hasProtocol(href string) bool {
	n := 0
	for n < len(href) && isWord(href[n]) {
		n++
	}
	return n > 0 && n < len(href) && href[n] == ':'
}

// escapeBang escapes an exclamation mark at the end, before a link, which would become an image.
func escapeBang(out []byte) []byte {
	before, found := bytes.CutSuffix(out, []byte("!"))
	if escaped := (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 1; !found || escaped {
		return out
	}
	return append(before, `\!`...)
}

func emphasisDelimiter(mark string) string {
	switch mark {
	case Em:
		return "*"
	case Strong:
		return "**"
	}
	return "`"
}

// lastRune returns the last character of b, or a blank.
func lastRune(b []byte) rune {
	if len(b) == 0 {
		return ' '
	}
	r, _ := utf8.DecodeLastRune(b)
	return r
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// longestRun returns the length of the longest run of c in s.
func longestRun(s string, c byte) (longest int) {
	run := 0
	for i := range len(s) {
		if run++; s[i] != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
