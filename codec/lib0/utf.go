package lib0

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// highBits has the high bit of each of eight bytes, which no ASCII character has.
const highBits = 0x8080808080808080

// isASCII reports whether b is ASCII. It may look at the last eight bytes twice.
func isASCII(b []byte) bool {
	if len(b) < 8 {
		all := byte(0)
		for _, c := range b {
			all |= c
		}
		return all < utf8.RuneSelf
	}
	last := binary.LittleEndian.Uint64(b[len(b)-8:])
	for ; len(b) > 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&highBits != 0 {
			return false
		}
	}
	return last&highBits == 0
}

// InvalidUTF8 returns the offset of the first byte of b that is not UTF-8, or len(b).
func InvalidUTF8(b []byte) int {
	i := 0
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return i
}

// ToValidUTF8 returns s with U+FFFD in the place of each run of bytes that are not UTF-8. It does
// not allocate if s is valid.
func ToValidUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// UTF16Len returns the length of s, valid UTF-8, in UTF-16 code units, in which Yjs counts text:
// one for the first byte of a rune, and one more if that byte starts a rune of four bytes.
func UTF16Len(s []byte) uint64 {
	n := 0
	for ; len(s) >= 8; s = s[8:] {
		w := binary.LittleEndian.Uint64(s)
		n += 8
		if high := w & highBits; high != 0 {
			n -= bits.OnesCount64(high &^ (w << 1))
			n += bits.OnesCount64(high & (w << 1) & (w << 2) & (w << 3))
		}
	}
	for _, c := range s {
		if c&0xc0 != 0x80 {
			n++
		}
		if c >= 0xf0 {
			n++
		}
	}
	return uint64(n)
}
