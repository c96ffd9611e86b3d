package leveldb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A log consists of blocks of 32 KiB; a block of fragments, each with a header: a checksum in 4
// bytes, the length of its data in 2, its type in 1. A record is one fragment, or several.
const (
	logBlock  = 32 << 10
	logHeader = 7
)

// The types of fragments. Zeros are space that was reserved and not used.
const (
	zeros = iota
	whole
	first
	middle
	last
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// unmask returns the CRC-32C of a checksum as LevelDB stores it.
func unmask(stored uint32) uint32 {
	rotated := stored - 0xa282ead8
	return rotated>>17 | rotated<<15
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

var errFragment = errors.New("a record whose beginning or end is missing")

// logReader reads the records of a log.
type logReader struct {
	b      []byte // the log
	at     int    // where the next fragment begins
	damage error  // the first damage that was found
}

// next returns the next record that is whole, which it may borrow, and false at the end. A record
// that the log ends within was being written when the process ended: it was never acknowledged, and
// is no damage.
func (r *logReader) next() (record []byte, ok bool) {
	open := false
	for {
		kind, data, ok := r.fragment()
		if !ok {
			return nil, false
		}
		starts := kind == whole || kind == first
		if open == starts {
			r.note(errFragment)
		}
		switch {
		case kind == whole:
			return data, true
		case kind == first:
			record, open = append([]byte(nil), data...), true
		case open:
			record = append(record, data...)
			if kind == last {
				return record, true
			}
		}
	}
}

// fragment returns the next fragment. After a damaged one it goes on with the next block.
func (r *logReader) fragment() (kind byte, data []byte, ok bool) {
	for {
		if left := logBlock - r.at%logBlock; left < logHeader {
			r.at += left
		}
		if r.at+logHeader > len(r.b) {
			return 0, nil, false
		}
		head := r.b[r.at : r.at+logHeader]
		kind, length := head[6], int(binary.LittleEndian.Uint16(head[4:]))
		begin, end := r.at+logHeader, r.at+logHeader+length
		switch blockEnd := r.at - r.at%logBlock + logBlock; {
		case kind == zeros && length == 0:
			r.at = blockEnd
		case end > blockEnd:
			r.note(errors.New("a record leads out of its block"))
			r.at = blockEnd
		case end > len(r.b):
			return 0, nil, false
		case checksum(r.b[begin-1:end]) != unmask(binary.LittleEndian.Uint32(head)):
			r.note(errors.New("a checksum is wrong"))
			r.at = blockEnd
		default:
			r.at = end
			return kind, r.b[begin:end:end], true
		}
	}
}

func (r *logReader) note(err error) {
	if r.damage == nil {
		r.damage = fmt.Errorf("before byte %d: %w", r.at, err)
	}
}
