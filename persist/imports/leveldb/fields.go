package leveldb

import (
	"encoding/binary"
	"errors"
)

// errCut is the error of a field that is longer than the bytes that hold it.
var errCut = errors.New("ends within a field")

// fields reads fields from bytes. After an error it is empty, and returns zeros.
type fields struct {
	b   []byte
	err error
}

func (f *fields) fail() { f.b, f.err = nil, errCut }

// uvarint reads a varint of up to 64 bits.
func (f *fields) uvarint() uint64 {
	v, n := binary.Uvarint(f.b)
	if n <= 0 {
		f.fail()
		return 0
	}
	f.b = f.b[n:]
	return v
}

// bytes reads n bytes, which it borrows.
func (f *fields) bytes(n uint64) []byte {
	if n > uint64(len(f.b)) {
		f.fail()
		return nil
	}
	b := f.b[:n:n]
	f.b = f.b[n:]
	return b
}

// string reads the length of bytes, and then these, which it borrows.
func (f *fields) string() []byte { return f.bytes(f.uvarint()) }

func (f *fields) byte() byte {
	if b := f.bytes(1); b != nil {
		return b[0]
	}
	return 0
}
