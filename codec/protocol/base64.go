package protocol

import (
	"errors"
	"slices"
)

// ErrBase64 is text that is not base64 of the standard alphabet.
var ErrBase64 = errors.New("invalid base64")

const (
	base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	base64None     = 0xff
)

// base64Value has the six bits of each letter.
var base64Value = func() (values [256]byte) {
	copy(values[:], slices.Repeat([]byte{base64None}, len(values)))
	for i := range len(base64Alphabet) {
		values[base64Alphabet[i]] = byte(i)
	}
	return values
}()

// decodeBase64 decodes b in place, padded or not, and returns the length of
// what came of it. bad is where b is no base64, or -1.
func decodeBase64(b []byte) (n, bad int) {
	b = unpad(b)
	if len(b)%4 == 1 {
		return 0, min(noBase64(b), len(b)-1)
	}
	i := 0
	for ; i+4 <= len(b); i += 4 {
		v0, v1, v2, v3 := base64Value[b[i]], base64Value[b[i+1]], base64Value[b[i+2]], base64Value[b[i+3]]
		if v0|v1|v2|v3 == base64None {
			return 0, i + noBase64(b[i:])
		}
		b[n], b[n+1], b[n+2] = v0<<2|v1>>4, v1<<4|v2>>2, v2<<6|v3
		n += 3
	}
	return lastBase64(b, i, n)
}

// lastBase64 decodes the two or three letters that may be left at i.
func lastBase64(b []byte, i, n int) (end, bad int) {
	last := b[i:]
	if at := noBase64(last); at < len(last) {
		return 0, i + at
	}
	if len(last) > 2 {
		b[n+1], b[n] = base64Value[last[1]]<<4|base64Value[last[2]]>>2, base64Value[last[0]]<<2|base64Value[last[1]]>>4
		return n + 2, -1
	}
	if len(last) > 1 {
		b[n] = base64Value[last[0]]<<2 | base64Value[last[1]]>>4
		return n + 1, -1
	}
	return n, -1
}

// noBase64 is the offset of the first byte of b that is no letter, else b's length.
func noBase64(b []byte) int {
	for i, c := range b {
		if base64Value[c] == base64None {
			return i
		}
	}
	return len(b)
}

// unpad cuts off padding, if it is as long as it has to be.
func unpad(b []byte) []byte {
	n := len(b)
	if n == 0 || n%4 != 0 || b[n-1] != '=' {
		return b
	}
	if b[n-2] == '=' {
		return b[:n-2]
	}
	return b[:n-1]
}
