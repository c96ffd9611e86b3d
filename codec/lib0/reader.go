package lib0

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// The errors of a Reader. It returns them in a *SyntaxError, with the offset.
var (
	ErrTruncated = errors.New("unexpected end of input")
	ErrTrailing  = errors.New("bytes after the end")
	ErrOverflow  = errors.New("integer above 2^53-1")
	ErrUTF8      = errors.New("invalid UTF-8")
	ErrCount     = errors.New("count larger than the bytes left")
)

// SyntaxError is a decoding error and where in the input it is.
type SyntaxError struct {
	Offset int   // bytes from the start of the decoded input
	Err    error // one of the Err variables of this package, or of the package that decodes
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("offset %d: %v", e.Offset, e.Err) }
func (e *SyntaxError) Unwrap() error { return e.Err }

// Reader reads lib0 primitives from a byte slice, which it borrows. Its first error is final:
// after it every read returns a zero value, so callers may check Err once, at the end. The zero
// Reader has an empty input.
type Reader struct {
	buf     []byte
	off     int
	err     *SyntaxError
	trusted bool // the input was checked before
}

// NewReader returns a Reader over b, which it borrows.
func NewReader(b []byte) Reader { return Reader{buf: b} }

// TrustedReader returns a Reader over b, which was checked before: it does not look for invalid
// UTF-8 again, and Trusted reports true.
func TrustedReader(b []byte) Reader { return Reader{buf: b, trusted: true} }

// Trusted reports whether the input was checked before, so that its content need not be checked
// again.
func (r *Reader) Trusted() bool { return r.trusted }

// Err returns the first error, a *SyntaxError, or nil.
func (r *Reader) Err() error {
	if r.err == nil {
		return nil
	}
	return r.err
}

// Raw returns the whole input, read or not.
func (r *Reader) Raw() []byte { return r.buf }

// Rest returns the input that is not read yet, nothing after an error.
func (r *Reader) Rest() []byte { return r.buf[r.off:] }

// Offset returns the number of bytes that were read.
func (r *Reader) Offset() int { return r.off }

// Seek makes off, at most the length of the input, the offset of the next read.
// It must not be called after an error.
func (r *Reader) Seek(off int) { r.off = off }

// Len returns the number of bytes that are not read yet, 0 after an error.
func (r *Reader) Len() int { return len(r.buf) - r.off }

// Fail makes err, at the current offset, the error of the Reader unless it has one, and ends the
// input.
func (r *Reader) Fail(err error) { r.FailAt(r.off, err) }

// FailAt does the same as Fail, with the offset of the invalid bytes.
func (r *Reader) FailAt(off int, err error) {
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

// maxUvarint is the length in bytes of the longest varUint: 8 × 7 bits hold MaxSafeInteger.
const maxUvarint = 8

// longUvarint reads a varUint of two bytes or more. Clocks mostly have two or three bytes, so these
// lengths have fast paths.
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

// Varint reads a varInt. Its sign is bit 6 of the first byte, so there is a -0, and the result is a
// float64.
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
		r.FailAt(start, ErrOverflow)
	}
	return math.Copysign(float64(v), sign)
}

// Count reads the number of elements that follow, each of at least size bytes. It fails with
// ErrCount if the rest of the input is too short for them.
func (r *Reader) Count(size uint64) uint64 {
	start := r.off
	n := r.Uvarint()
	if n*size > uint64(r.Len()) { // n is below 2^53: no overflow
		r.FailAt(start, ErrCount)
		return 0
	}
	return n
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

// SkipString reads a varString as String does and returns its length in UTF-16 code units.
func (r *Reader) SkipString() (units uint64) {
	b := r.Bytes()
	if isASCII(b) {
		return uint64(len(b))
	}
	if !r.trusted && !r.checkUTF8(b) {
		return 0
	}
	return UTF16Len(b)
}

// checkUTF8 fails unless b, which was read last, is UTF-8, and reports whether it is.
func (r *Reader) checkUTF8(b []byte) bool {
	if !utf8.Valid(b) {
		r.FailAt(r.off-len(b)+InvalidUTF8(b), ErrUTF8)
		return false
	}
	return true
}
