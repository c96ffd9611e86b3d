package lib0

import "encoding/binary"

// MaxSafeInteger is the largest integer that JavaScript holds exactly. No variable-length integer
// on the wire is larger.
const MaxSafeInteger = 1<<53 - 1

// AppendUvarint appends v as a lib0 varUint: 7 bits a byte, lowest first.
func AppendUvarint(dst []byte, v uint64) []byte { return binary.AppendUvarint(dst, v) }

// UvarintLen returns the number of bytes that AppendUvarint appends for v.
func UvarintLen(v uint64) int {
	n := 1
	for v >= 0x80 {
		v >>= 7
		n++
	}
	return n
}

// AppendBytes appends a varUint8Array: the length of b, then b.
func AppendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// AppendString appends a varString: the length of s in bytes, then s, which must be valid UTF-8.
func AppendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}
