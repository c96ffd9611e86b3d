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

	// The client that the last id named, and how it was written: size bytes,
	// which mask covers. Ids mostly name one client again and again, and
	// comparing its bytes is quicker than decoding them.
	size        uint8 // 0 while there is none
	client      uint64
	bytes, mask uint64
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
	if r.off < len(r.buf) {
		if b := r.buf[r.off]; b < 0x80 {
			r.off++
			return uint64(b)
		}
	}
	return r.longUvarint()
}

// maxUvarint is how many bytes a varUint takes at most: 8 × 7 bits hold whatever is no overflow.
const maxUvarint = 8

// longUvarint reads two bytes and more. Two and three are what clocks take: they are worth lines of their own.
func (r *Reader) longUvarint() uint64 {
	if b := r.buf[r.off:]; len(b) >= 3 {
		if b[1] < 0x80 {
			r.off += 2
			return uint64(b[0]&0x7f) | uint64(b[1])<<7
		}
		if b[2] < 0x80 {
			r.off += 3
			return uint64(b[0]&0x7f) | uint64(b[1]&0x7f)<<7 | uint64(b[2])<<14
		}
	}
	var v uint64
	for i, b := range r.buf[r.off:] {
		v |= uint64(b&0x7f) << (7 * i & 63)
		if b < 0x80 && v <= MaxSafeInteger {
			r.off += i + 1
			return v
		}
		if b < 0x80 || i == maxUvarint-1 {
			r.Fail(ErrOverflow)
			return 0
		}
	}
	r.Fail(ErrTruncated)
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
	b := r.Bytes()
	if !r.trusted && !isASCII(b) && !r.checkUTF8(b) {
		return nil
	}
	return b
}

// units reads a varString as String does, and counts its UTF-16 code units.
func (r *Reader) units() uint64 {
	b := r.Bytes()
	if isASCII(b) {
		return uint64(len(b))
	}
	if !r.trusted && !r.checkUTF8(b) {
		return 0
	}
	return UTF16Len(b)
}

// checkUTF8 fails unless b, which was just read, is UTF-8.
func (r *Reader) checkUTF8(b []byte) bool {
	if !utf8.Valid(b) {
		r.failAt(r.off-len(b)+invalidUTF8(b), ErrUTF8)
		return false
	}
	return true
}

// isASCII says whether no byte of b has its high bit set. The last eight may be looked at twice.
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
		if binary.LittleEndian.Uint64(b)&continueMask != 0 {
			return false
		}
	}
	return last&continueMask == 0
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
	if r.repeated() {
		return ID{r.client, r.Uvarint()}
	}
	r.remember()
	return ID{r.client, r.Uvarint()}
}

// repeated reads the client of the last id, if that is what comes next.
func (r *Reader) repeated() bool {
	if r.off+8 > len(r.buf) || r.size == 0 ||
		binary.LittleEndian.Uint64(r.buf[r.off:])&r.mask != r.bytes {
		return false
	}
	r.off += int(r.size)
	return true
}

// remember reads a client, and keeps how it is written.
func (r *Reader) remember() {
	start := r.off
	r.client, r.size = r.Uvarint(), 0
	if n := r.off - start; r.err == nil && start+8 <= len(r.buf) {
		r.size, r.mask = uint8(n), ^uint64(0)>>(64-8*n)
		r.bytes = binary.LittleEndian.Uint64(r.buf[start:]) & r.mask
	}
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
