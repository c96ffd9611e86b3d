package leveldb

import (
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/snappy"
)

// A block has a trailer of its compression in one byte, and a checksum in 4.
const blockTrailer = 5

const (
	compressionNone   = 0
	compressionSnappy = 1
)

// mostExpansion bounds how many times longer than its compressed form a block is. Snappy copies at
// most 64 bytes with 3.
const mostExpansion = 32

var errBlock = errors.New("a block of a table is damaged")

// openBlock checks a block with its trailer, and returns its content.
func openBlock(b []byte) ([]byte, error) {
	if len(b) < blockTrailer {
		return nil, errBlock
	}
	end := len(b) - blockTrailer
	if checksum(b[:end+1]) != unmask(binary.LittleEndian.Uint32(b[end+1:])) {
		return nil, errBlock
	}
	switch content := b[:end:end]; b[end] {
	case compressionNone:
		return content, nil
	case compressionSnappy:
		n, err := snappy.DecodedLen(content)
		if err != nil || n > mostExpansion*len(content) {
			return nil, errBlock
		}
		content, err = snappy.Decode(nil, content)
		if err != nil {
			return nil, errBlock
		}
		return content, nil
	}
	return nil, errors.New("a block of a table is compressed in a way that is not known")
}

// blockReader reads the entries of a block in order.
type blockReader struct {
	fields
	key []byte // of the entry that was read last
}

// newBlockReader returns a reader of a block's content. At the end of a block are the places where
// keys are stored whole, in 4 bytes each, and their number: they serve searching.
func newBlockReader(content []byte) (r blockReader, err error) {
	const word = 4
	if len(content) < word {
		return r, errBlock
	}
	places := uint64(binary.LittleEndian.Uint32(content[len(content)-word:])) + 1
	if places > uint64(len(content)/word) {
		return r, errBlock
	}
	r.b = content[:len(content)-int(places)*word]
	return r, nil
}

// next returns the next key and value, and false at the end or after an error. A key is stored as
// the number of bytes that it shares with the one before, and the others.
func (r *blockReader) next() (key, value []byte, ok bool) {
	if len(r.b) == 0 {
		return nil, nil, false
	}
	shared, others, length := r.uvarint(), r.uvarint(), r.uvarint()
	if shared > uint64(len(r.key)) {
		r.fail()
	}
	rest := r.bytes(others)
	value = r.bytes(length)
	if r.err != nil {
		return nil, nil, false
	}
	key = make([]byte, 0, int(shared)+len(rest))
	r.key = append(append(key, r.key[:shared]...), rest...)
	return r.key, value, true
}
