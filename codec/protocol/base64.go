package protocol

import (
	"errors"
	"slices"
)

// ErrBase64 is the error of text that is not base64 in the standard alphabet.
var ErrBase64 = errors.New("invalid base64")

const (
	base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	base64None     = 0xff
)

// base64Value has the six bits that each letter stands for, base64None for other bytes.
var base64Value = func() (values [256]byte) {
	copy(values[:], slices.Repeat([]byte{base64None}, len(values)))
	for i := range len(base64Alphabet) {
		values[base64Alphabet[i]] = byte(i)
	}
	return values
}()

// decodeBase64 decodes b, which may be padded, in place and returns the length of the result. bad
// is the offset of the first byte that is not base64, or -1.
func decodeBase64(b []byte) (n, bad int) {
	b = unpad(b)
	if len(b)%4 == 1 {
		return 0, min(noBase64(b), len(b)-1)
	}
	i := 0
	for ; i+4 <= len(b); i += 4 {
		v0, v1 := base64Value[b[i]], base64Value[b[i+1]]
		v2, v3 := base64Value[b[i+2]], base64Value[b[i+3]]
		if v0|v1|v2|v3 == base64None {
			return 0, i + noBase64(b[i:])
		}
		b[n], b[n+1], b[n+2] = v0<<2|v1>>4, v1<<4|v2>>2, v2<<6|v3
		n += 3
	}
	return lastBase64(b, i, n)
}

// lastBase64 decodes the two or three letters that may be left from i on.
func lastBase64(b []byte, i, n int) (end, bad int) {
	last := b[i:]
	if at := noBase64(last); at < len(last) {
		return 0, i + at
	}
	if len(last) > 2 {
		v0, v1, v2 := base64Value[last[0]], base64Value[last[1]], base64Value[last[2]]
		b[n], b[n+1] = v0<<2|v1>>4, v1<<4|v2>>2
		return n + 2, -1
	}
	if len(last) > 1 {
		b[n] = base64Value[last[0]]<<2 | base64Value[last[1]]>>4
		return n + 1, -1
	}
	return n, -1
}

// noBase64 returns the offset of the first byte of b that is not a letter, or len(b).
func noBase64(b []byte) int {
	for i, c := range b {
		if base64Value[c] == base64None {
			return i
		}
	}
	return len(b)
}

// unpad removes padding of the right length.
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
