package protocol

import (
	"bytes"
	"math"
	"sync"
	"unicode/utf8"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
)

// packReader reads MessagePack values from a payload. Its first error is final and ends the input:
// after it every read returns a zero value.
type packReader struct {
	payload []byte
	in      bytes.Reader // the rest of payload
	decoder *msgpack.Decoder
	left    int // number of fields of the message that are not read yet
	err     *lib0.SyntaxError
}

var packReaders = sync.Pool{New: func() any {
	r := new(packReader)
	r.decoder = msgpack.NewDecoder(&r.in)
	return r
}}

// newPackReader returns a reader over payload, which it borrows until free returns it to the pool.
func newPackReader(payload []byte) *packReader {
	r := packReaders.Get().(*packReader)
	r.payload, r.left, r.err = payload, 0, nil
	r.in.Reset(payload)
	return r
}

func (r *packReader) free() {
	r.payload, r.err = nil, nil
	r.in.Reset(nil)
	packReaders.Put(r)
}

func (r *packReader) offset() int { return len(r.payload) - r.in.Len() }

func (r *packReader) fail(at int, err error) {
	if r.err == nil {
		r.err = &lib0.SyntaxError{Offset: at, Err: err}
	}
	r.advance(r.in.Len())
}

// advance skips n bytes, which must be there.
func (r *packReader) advance(n int) { r.in.Reset(r.payload[r.offset()+n:]) }

// truncated fails with ErrTruncated if err, the decoder's for the value at an offset, is not nil.
// The type of the value was checked before, so it can only end too early.
func (r *packReader) truncated(at int, err error) bool {
	if err != nil {
		r.fail(at, lib0.ErrTruncated)
	}
	return err != nil
}

// end fails unless the payload was read completely.
func (r *packReader) end() {
	if r.err == nil && r.in.Len() > 0 {
		r.fail(r.offset(), lib0.ErrTrailing)
	}
}

// peek returns the first byte of the next value, which determines its type.
func (r *packReader) peek() byte {
	code, err := r.decoder.PeekCode()
	if r.truncated(r.offset(), err) {
		return msgpcode.Nil
	}
	return code
}

// field begins to read the next field of the message, and fails if there is none.
func (r *packReader) field() *packReader {
	if r.left == 0 {
		r.fail(r.offset(), ErrMessage)
	}
	r.left--
	return r
}

// has reports whether the message has another field that is not nil. It reads past a nil.
func (r *packReader) has() bool {
	if r.left == 0 || r.err != nil {
		return false
	}
	if r.peek() != msgpcode.Nil {
		return true
	}
	r.field().skip(1)
	return false
}

// array reads the header of an array and returns its length, at most the bytes left.
func (r *packReader) array() int {
	at, code := r.offset(), r.peek()
	if !msgpcode.IsFixedArray(code) && code != msgpcode.Array16 && code != msgpcode.Array32 {
		r.fail(at, ErrMessage)
		return 0
	}
	n, err := r.decoder.DecodeArrayLen()
	if r.truncated(at, err) {
		return 0
	}
	if n > r.in.Len() {
		r.fail(at, lib0.ErrTruncated)
		return 0
	}
	return n
}

func (r *packReader) bin() []byte {
	if !msgpcode.IsBin(r.peek()) {
		r.fail(r.offset(), ErrMessage)
	}
	return r.bytes()
}

// str reads a str, which must be UTF-8.
func (r *packReader) str() []byte {
	if !msgpcode.IsString(r.peek()) {
		r.fail(r.offset(), ErrMessage)
	}
	b := r.bytes()
	if !utf8.Valid(b) {
		r.fail(r.offset()-len(b)+lib0.InvalidUTF8(b), lib0.ErrUTF8)
		return nil
	}
	return b
}

// json reads a str that contains JSON.
func (r *packReader) json() []byte {
	b := r.str()
	if r.err != nil {
		return nil
	}
	if at, err := jsontext.Check(b); err != nil {
		r.fail(r.offset()-len(b)+at, err)
		return nil
	}
	return b
}

// bytes reads a str or bin and returns its content, a part of the payload.
func (r *packReader) bytes() []byte {
	if r.err != nil {
		return nil
	}
	at := r.offset()
	n, err := r.decoder.DecodeBytesLen()
	if r.truncated(at, err) {
		return nil
	}
	if n > r.in.Len() {
		r.fail(at, lib0.ErrTruncated)
		return nil
	}
	start := r.offset()
	r.advance(n)
	return r.payload[start : start+n : start+n]
}

func (r *packReader) optionalUint() uint64 {
	if r.has() {
		return r.field().uint()
	}
	return 0
}

// uint reads an integer of at most lib0.MaxSafeInteger in any form that JavaScript encoders choose.
func (r *packReader) uint() uint64 {
	at, code := r.offset(), r.peek()
	switch {
	case r.err != nil:
		return 0
	case code == msgpcode.Float || code == msgpcode.Double:
		return r.float(at)
	case !msgpcode.IsFixedNum(code) && (code < msgpcode.Uint8 || code > msgpcode.Int64):
		r.fail(at, ErrMessage)
		return 0
	}
	n, err := r.decoder.DecodeUint64()
	if r.truncated(at, err) {
		return 0
	}
	if n <= lib0.MaxSafeInteger {
		return n
	}
	if int64(n) < 0 && code != msgpcode.Uint64 {
		r.fail(at, ErrMessage)
	}
	r.fail(at, lib0.ErrOverflow)
	return 0
}

func (r *packReader) float(at int) uint64 {
	n, err := r.decoder.DecodeFloat64()
	if r.truncated(at, err) {
		return 0
	}
	switch {
	case n < 0 || n != math.Trunc(n):
		r.fail(at, ErrMessage)
		return 0
	case n > lib0.MaxSafeInteger:
		r.fail(at, lib0.ErrOverflow)
		return 0
	}
	return uint64(n)
}

// skip reads past n values and the values within them, without recursion.
func (r *packReader) skip(n int) {
	for ; n > 0 && r.err == nil; n-- {
		if n > r.in.Len() {
			r.fail(r.offset(), lib0.ErrTruncated)
			return
		}
		n += r.skipOne()
	}
}

// skipOne reads past a value, but for the values within it, whose number it returns.
func (r *packReader) skipOne() int {
	at, code := r.offset(), r.peek()
	var inside, length int
	var err error
	switch {
	case msgpcode.IsFixedArray(code), code == msgpcode.Array16, code == msgpcode.Array32:
		inside, err = r.decoder.DecodeArrayLen()
	case msgpcode.IsFixedMap(code), code == msgpcode.Map16, code == msgpcode.Map32:
		inside, err = r.decoder.DecodeMapLen()
		inside *= 2
	case msgpcode.IsBin(code), msgpcode.IsString(code):
		length, err = r.decoder.DecodeBytesLen()
	case msgpcode.IsExt(code):
		_, length, err = r.decoder.DecodeExtHeader()
	case code == neverUsed:
		r.fail(at, ErrMessage)
	default:
		err = r.decoder.Skip()
	}
	if r.truncated(at, err) {
		return 0
	}
	if length > r.in.Len() {
		r.fail(at, lib0.ErrTruncated)
		return 0
	}
	r.advance(length)
	return inside
}

// neverUsed is the one byte that no value begins with.
const neverUsed = 0xc1
