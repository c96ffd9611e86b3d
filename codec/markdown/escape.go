package markdown

import (
	"regexp"
	"strings"
)

// Forms that prosemirror-markdown escapes at the start of a block.
var (
	startMarker  = regexp.MustCompile(`^(\+ |[-*>])`)
	startHeading = regexp.MustCompile(`^([\s\v\p{Z}\x{feff}]*)(#{1,6})([\s\v\p{Z}\x{feff}]|$)`)
	startNumber  = regexp.MustCompile(`^([\s\v\p{Z}\x{feff}]*\d+)\.[\s\v\p{Z}\x{feff}]`)
	anyNumber    = regexp.MustCompile(`^(\d{1,9})([.)])`)
)

// escape escapes a text, which is at the start of a block or not, like prosemirror-markdown, or
// everything that may be syntax.
func escape(s string, start, everything bool) string {
	if everything {
		return escapeEverything(s, start)
	}
	s = escapeInline(s)
	if start && mayStartBlock(strings.TrimLeftFunc(s, isSpace)) {
		s = startMarker.ReplaceAllString(s, `\$1`)
		s = startHeading.ReplaceAllString(s, `$1\$2$3`)
		s = startNumber.ReplaceAllString(s, `$1\. `)
	}
	return s
}

// startsWord reports whether a text begins with an ASCII letter, like no marker of a block.
func startsWord(s string) bool { return s != "" && s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z' }

// escapeInline escapes the characters that prosemirror-markdown escapes anywhere. An underscore in
// a word is not escaped.
func escapeInline(s string) string {
	if !strings.ContainsAny(s, "`*\\~[]_") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/16 + 8)
	for i := range len(s) {
		switch c := s[i]; c {
		case '`', '*', '\\', '~', '[', ']':
			b.WriteByte('\\')
		case '_':
			if i == 0 || i+1 == len(s) || !isWord(s[i-1]) || !isWord(s[i+1]) {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isWord(c byte) bool { return isAlnum(c) || c == '_' }

// escapeEverything escapes everything that may be syntax at its place.
func escapeEverything(s string, start bool) string {
	var b strings.Builder
	if start {
		if m := anyNumber.FindStringSubmatch(s); m != nil {
			b.WriteString(m[1] + `\` + m[2])
			s = s[len(m[0]):]
		} else if s != "" && strings.IndexByte("+-=:|>", s[0]) >= 0 {
			b.WriteString(`\` + s[:1])
			s = s[1:]
		}
	}
	b.WriteString(escapeBytes(s, "\\`*_[]<&~#!"))
	return b.String()
}

// escapeBytes returns s with a backslash before some characters.
func escapeBytes(s, escaped string) string {
	if !strings.ContainsAny(s, escaped) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(escaped, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
