package yjs

import (
	"encoding/binary"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// ID names one unit of content: the client that made it and its clock.
type ID struct {
	Client uint64 // random, at most MaxSafeInteger
	Clock  uint64 // counts the client's units from 0
}

// AppendID appends a client and a clock.
func AppendID(dst []byte, id ID) []byte {
	return lib0.AppendUvarint(lib0.AppendUvarint(dst, id.Client), id.Clock)
}

// idReader reads ids. It keeps the client of the last one and how that was encoded:
// size bytes, which mask covers. Ids mostly name one client again and again, and
// comparing its bytes is quicker than decoding them.
type idReader struct {
	size        uint8 // 0 while there is none
	client      uint64
	bytes, mask uint64
}

// read reads a client and a clock.
func (c *idReader) read(r *lib0.Reader) ID {
	if !c.repeated(r) {
		c.readClient(r)
	}
	return ID{c.client, r.Uvarint()}
}

// repeated reads the client of the last id, if that is what comes next.
func (c *idReader) repeated(r *lib0.Reader) bool {
	rest := r.Rest()
	if len(rest) < 8 || c.size == 0 || binary.LittleEndian.Uint64(rest)&c.mask != c.bytes {
		return false
	}
	r.Seek(r.Offset() + int(c.size))
	return true
}

// readClient reads a client and keeps it with its encoding.
func (c *idReader) readClient(r *lib0.Reader) {
	rest := r.Rest()
	c.client, c.size = r.Uvarint(), 0
	if n := len(rest) - r.Len(); r.Err() == nil && len(rest) >= 8 {
		c.size, c.mask = uint8(n), ^uint64(0)>>(64-8*n)
		c.bytes = binary.LittleEndian.Uint64(rest) & c.mask
	}
}
