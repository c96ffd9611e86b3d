package lib0

import "encoding/binary"

// MaxSafeInteger is the largest integer lib0 (JavaScript) can hold exactly.
// Every variable-length integer on the wire is at most this.
const MaxSafeInteger = 1<<53 - 1

// AppendUvarint appends v as a lib0 varUint: 7 bits a byte, lowest first.
func AppendUvarint(dst []byte, v uint64) []byte { return binary.AppendUvarint(dst, v) }

// UvarintLen is the number of bytes AppendUvarint writes for v.
func UvarintLen(v uint64) int {
	n := 1
	for v >= 0x80 {
		v >>= 7
		n++
	}
	return n
}

// AppendBytes appends b behind its length, lib0's varUint8Array.
func AppendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// AppendString appends s behind its length in bytes, lib0's varString. s must be valid UTF-8.
func AppendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}
