package markdown

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark/util"
)

// unescape returns a text with its backslashes and entities replaced. In a line the number of no
// character is U+FFFD; in an address it stays.
func unescape(s string, inLine bool) string {
	if !strings.ContainsAny(s, `\&`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '\\' && i+1 < len(s) && util.IsPunct(s[i+1]) {
			b.WriteByte(s[i+1])
			i += 2
		} else if text, n := entity(s[i:], inLine); n > 0 {
			b.WriteString(text)
			i += n
		} else {
			b.WriteByte(s[i])
			i++
		}
	}
	return b.String()
}

// entity reads an entity at the start of s, and returns its length in bytes.
func entity(s string, inLine bool) (text string, n int) {
	if len(s) < 3 || s[0] != '&' {
		return "", 0
	}
	end := strings.IndexByte(s[:min(len(s), 34)], ';')
	if end < 2 {
		return "", 0
	}
	if s[1] == '#' {
		text, ok := numericEntity(s[2:end], inLine)
		return text, ifOK(end+1, ok)
	}
	e, ok := util.LookUpHTML5EntityByName(s[1:end])
	if !ok {
		return "", 0
	}
	return string(e.Characters), end + 1
}

func ifOK(n int, ok bool) int {
	if ok {
		return n
	}
	return 0
}

func numericEntity(digits string, inLine bool) (string, bool) {
	base, most := 10, 7
	if digits != "" && digits[0]|0x20 == 'x' {
		base, most, digits = 16, 6, digits[1:]
	}
	if !inLine {
		most = 8
	}
	if len(digits) > most || digits != "" && (digits[0] == '+' || digits[0] == '-') {
		return "", false
	}
	code, err := strconv.ParseUint(digits, base, 32)
	if err != nil || strings.Contains(digits, "_") {
		return "", false
	}
	if !isCharacter(rune(code)) {
		return "\uFFFD", inLine
	}
	return string(rune(code)), true
}

// isCharacter reports whether r may be written as a number.
func isCharacter(r rune) bool {
	switch {
	case r >= 0xd800 && r <= 0xdfff, r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe, r > 0x10ffff:
		return false
	case r <= 8, r == 0xb, r >= 0xe && r <= 0x1f, r >= 0x7f && r <= 0x9f:
		return false
	}
	return true
}
