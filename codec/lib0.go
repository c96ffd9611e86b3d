// Package codec turns bytes into typed values and back: the lib0 primitives,
// Yjs V1 updates, state vectors and the wire protocols clients speak.
//
// It is pure: no goroutines, no I/O, no clock. Encoders append to a slice the
// caller owns. Decoders borrow: every []byte they return points into the input
// and lives exactly as long as it does.
package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"unicode/utf8"
)

// MaxSafeInteger is the largest integer lib0 (JavaScript) can hold exactly.
// Every variable-length integer on the wire is at most this.
const MaxSafeInteger = 1<<53 - 1

// What can be wrong with bytes. They arrive wrapped in a *SyntaxError that says where.
var (
	ErrTruncated = errors.New("unexpected end of input")
	ErrTrailing  = errors.New("bytes after the end")
	ErrOverflow  = errors.New("integer above 2^53-1")
	ErrUTF8      = errors.New("invalid UTF-8")
)

// SyntaxError is a decoding error with the place where decoding stopped.
type SyntaxError struct {
	Offset int   // bytes from the start of the decoded input
	Err    error // one of this package's sentinels
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("offset %d: %v", e.Offset, e.Err) }
func (e *SyntaxError) Unwrap() error { return e.Err }

// continueMask has the bit of each byte that says that a number, or a rune, does not end with it.
const continueMask = 0x8080808080808080

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

// Reader reads lib0 primitives from a byte slice. The first error sticks: after
// it every read returns a zero value, so callers check Err once at the end of a
// unit. The zero Reader is an empty input.
type Reader struct {
	buf     []byte
	off     int
	err     *SyntaxError
	trusted bool // the input was checked before: text is not looked at again
}

// NewReader returns a Reader over b, which it borrows.
func NewReader(b []byte) Reader { return Reader{buf: b} }

// TrustedReader returns a Reader over b, which was checked before: it does not
// look for invalid UTF-8 or JSON again.
func TrustedReader(b []byte) Reader { return Reader{buf: b, trusted: true} }

// Err returns the first error, a *SyntaxError, or nil.
func (r *Reader) Err() error {
	if r.err == nil {
		return nil
	}
	return r.err
}

// Raw returns the whole input, read or not.
func (r *Reader) Raw() []byte { return r.buf }

// Offset is the number of bytes consumed.
func (r *Reader) Offset() int { return r.off }

// Len is the number of bytes left; 0 after an error.
func (r *Reader) Len() int { return len(r.buf) - r.off }

// Fail records err at the current offset, unless an earlier error stands, and
// ends the input.
func (r *Reader) Fail(err error) { r.failAt(r.off, err) }

func (r *Reader) failAt(off int, err error) {
	if r.err == nil {
		r.err = &SyntaxError{Offset: off, Err: err}
	}
	r.off = len(r.buf)
}

// End fails with ErrTrailing unless the whole input was consumed.
func (r *Reader) End() {
	if r.off < len(r.buf) {
		r.Fail(ErrTrailing)
	}
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if r.off >= len(r.buf) {
		r.Fail(ErrTruncated)
		return 0
	}
	b := r.buf[r.off]
	r.off++
	return b
}

// Uvarint reads a varUint of at most MaxSafeInteger.
func (r *Reader) Uvarint() uint64 {
	if r.off < len(r.buf) && r.buf[r.off] < 0x80 {
		r.off++
		return uint64(r.buf[r.off-1])
	}
	return r.longUvarint()
}

// longUvarint reads eight bytes at once where there are so many: 8 × 7 bits
// hold whatever is not an overflow.
func (r *Reader) longUvarint() uint64 {
	if r.off+8 > len(r.buf) {
		return r.lastUvarint()
	}
	v := binary.LittleEndian.Uint64(r.buf[r.off:])
	ends := ^v & continueMask
	if ends == 0 {
		r.Fail(ErrOverflow)
		return 0
	}
	v &= ends ^ (ends - 1) // up to the first byte that ends a number
	v = v&0x007f007f007f007f | v&0x7f007f007f007f00>>1
	v = v&0x00003fff00003fff | v&0x3fff00003fff0000>>2
	v = v&0x000000000fffffff | v&0x0fffffff00000000>>4
	if v > MaxSafeInteger {
		r.Fail(ErrOverflow)
		return 0
	}
	r.off += bits.TrailingZeros64(ends)/8 + 1
	return v
}

// lastUvarint reads near the end of the input, byte by byte.
func (r *Reader) lastUvarint() uint64 {
	start := r.off
	var v uint64
	for shift := uint(0); r.off < len(r.buf); shift += 7 {
		b := r.buf[r.off]
		r.off++
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	r.failAt(start, ErrTruncated)
	return 0
}

// Varint reads a lib0 varInt: the sign in bit 6 of the first byte, of which -0 makes use.
func (r *Reader) Varint() float64 {
	start := r.off
	b := r.Byte()
	sign := float64(1)
	if b&0x40 != 0 {
		sign = -1
	}
	v := uint64(b & 0x3f)
	for shift := uint(6); b >= 0x80 && shift <= 55; shift += 7 {
		b = r.Byte()
		v |= uint64(b&0x7f) << shift
	}
	if v > MaxSafeInteger || b >= 0x80 {
		r.failAt(start, ErrOverflow)
	}
	return math.Copysign(float64(v), sign)
}

// Take reads n raw bytes.
func (r *Reader) Take(n uint64) []byte {
	if n > uint64(r.Len()) {
		r.Fail(ErrTruncated)
		return nil
	}
	b := r.buf[r.off : r.off+int(n) : r.off+int(n)]
	r.off += int(n)
	return b
}

// Bytes reads a varUint8Array.
func (r *Reader) Bytes() []byte { return r.Take(r.Uvarint()) }

// String reads a varString and checks that it is UTF-8, as Yjs does fatally.
func (r *Reader) String() []byte {
	n := r.Uvarint()
	start := r.off
	b := r.Take(n)
	if !r.trusted && !isASCII(b) && !utf8.Valid(b) {
		r.failAt(start+invalidUTF8(b), ErrUTF8)
		return nil
	}
	return b
}

// isASCII says whether no byte of b has its high bit set.
func isASCII(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&continueMask != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// invalidUTF8 is the offset of the first byte of b that is no UTF-8, of which there is one.
func invalidUTF8(b []byte) int {
	for i := 0; ; {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}

// ID names one unit of content: the client that made it and its clock.
type ID struct {
	Client uint64 // random, at most MaxSafeInteger
	Clock  uint64 // counts the client's units from 0
}

// ID reads a client and a clock.
func (r *Reader) ID() ID {
	client := r.Uvarint()
	return ID{client, r.Uvarint()}
}

// AppendID appends a client and a clock.
func AppendID(dst []byte, id ID) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, id.Client), id.Clock)
}

// UTF16Len is the length of s, valid UTF-8, in UTF-16 code units: the unit in which Yjs counts text.
// Every rune counts one at its first byte, and one more when that byte starts four.
func UTF16Len(s []byte) uint64 {
	n := 0
	for ; len(s) >= 8; s = s[8:] {
		w := binary.LittleEndian.Uint64(s)
		n += 8
		if high := w & continueMask; high != 0 {
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
