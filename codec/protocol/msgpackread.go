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

// packReader reads MessagePack values from a payload. The first error sticks,
// and ends the input: what is read after it is zero.
type packReader struct {
	payload []byte
	in      bytes.Reader // over payload, what is left of it
	decoder *msgpack.Decoder
	left    int // fields of the message that were not read
	err     *lib0.SyntaxError
}

var packReaders = sync.Pool{New: func() any {
	r := new(packReader)
	r.decoder = msgpack.NewDecoder(&r.in)
	return r
}}

// newPackReader returns a reader over payload, which it borrows until it is freed.
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

// advance passes by n bytes, which must be there.
func (r *packReader) advance(n int) { r.in.Reset(r.payload[r.offset()+n:]) }

// truncated fails for what the decoder says of the value at an offset: its type
// was looked at before, so what is wrong with it can only be that it ends too early.
func (r *packReader) truncated(at int, err error) bool {
	if err != nil {
		r.fail(at, lib0.ErrTruncated)
	}
	return err != nil
}

// end fails unless everything was read.
func (r *packReader) end() {
	if r.err == nil && r.in.Len() > 0 {
		r.fail(r.offset(), lib0.ErrTrailing)
	}
}

// peek is the first byte of the next value, which says its type.
func (r *packReader) peek() byte {
	code, err := r.decoder.PeekCode()
	if r.truncated(r.offset(), err) {
		return msgpcode.Nil
	}
	return code
}

// field fails unless the message has a further field, which is to be read.
func (r *packReader) field() *packReader {
	if r.left == 0 {
		r.fail(r.offset(), ErrMessage)
	}
	r.left--
	return r
}

// given says whether the message has a further field that is not nil, and reads it if it is.
func (r *packReader) given() bool {
	if r.left == 0 || r.err != nil {
		return false
	}
	if r.peek() != msgpcode.Nil {
		return true
	}
	r.field().skip(1)
	return false
}

// array reads the beginning of an array and returns its length, at most that of what is left.
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

// str is text in UTF-8.
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

// json is a str that holds JSON.
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

// bytes reads a str or bin, of which it returns the part of the payload.
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
	if r.given() {
		return r.field().uint()
	}
	return 0
}

// uint reads a number in any of the forms that JavaScript encoders choose for one of at most MaxSafeInteger.
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

// skip passes by n values and what is in them, without recursion.
func (r *packReader) skip(n int) {
	for ; n > 0 && r.err == nil; n-- {
		if n > r.in.Len() {
			r.fail(r.offset(), lib0.ErrTruncated)
			return
		}
		n += r.skipOne()
	}
}

// skipOne passes by a value and returns how many follow that are in it.
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

// neverUsed is the one byte that begins no value.
const neverUsed = 0xc1
