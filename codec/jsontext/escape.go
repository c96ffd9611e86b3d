package jsontext

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Unescape replaces the escapes of text, in place, and returns the part of text that the result
// takes. text is the part between the quotes of a string that has passed Check.
func Unescape(text []byte) []byte {
	r := bytes.IndexByte(text, '\\')
	if r < 0 {
		return text
	}
	w := r
	for r < len(text) {
		c := text[r]
		if c != '\\' {
			text[w] = c
			w, r = w+1, r+1
			continue
		}
		if text[r+1] == 'u' {
			char, n := unicodeEscape(text[r:])
			w, r = w+utf8.EncodeRune(text[w:], char), r+n
			continue
		}
		text[w] = escaped(text[r+1])
		w, r = w+1, r+2
	}
	return text[:w]
}

// escaped returns the character that a backslash and c stand for.
func escaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// unicodeEscape reads \uXXXX, or two of them that make one rune, and returns the rune and the
// number of bytes. Half of a surrogate pair is U+FFFD.
func unicodeEscape(b []byte) (char rune, n int) {
	char = hex4(b[2:])
	if !utf16.IsSurrogate(char) {
		return char, 6
	}
	if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		if pair := utf16.DecodeRune(char, hex4(b[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(b []byte) (r rune) {
	for _, c := range b[:4] {
		digit := c - '0'
		if c > '9' {
			digit = c&^0x20 - 'A' + 10
		}
		r = r<<4 | rune(digit)
	}
	return r
}
