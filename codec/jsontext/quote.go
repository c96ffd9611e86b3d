package jsontext

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
)

// AppendQuoted appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	s = lib0.ToValidUTF8(s)
	for start := 0; ; {
		n := plainLen(s[start:])
		dst = append(dst, s[start:start+n]...)
		if start += n; start == len(s) {
			return append(dst, '"')
		}
		dst = appendEscape(dst, s[start])
		start++
	}
}

// plainLen returns the length of the start of s that needs no escapes.
func plainLen(s string) int {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == '"' || s[i] == '\\' {
			return i
		}
	}
	return len(s)
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
}
