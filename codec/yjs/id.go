package yjs

import (
	"encoding/binary"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// ID is the id of one unit of content: a UTF-16 code unit of text, or an element.
type ID struct {
	Client uint64 // the client that made it: a random number, at most lib0.MaxSafeInteger
	Clock  uint64 // its number among the client's units, from 0
}

// AppendID appends a client and a clock.
func AppendID(dst []byte, id ID) []byte {
	return lib0.AppendUvarint(lib0.AppendUvarint(dst, id.Client), id.Clock)
}

// idReader reads ids. It caches the client of the last one and its encoding, the first size bytes
// of bytes. Most ids have the client of the id before, and comparing bytes is quicker than
// decoding.
type idReader struct {
	size        uint8 // 0 while nothing is cached
	client      uint64
	bytes, mask uint64 // little-endian; mask covers size bytes
}

// read reads an id.
func (c *idReader) read(r *lib0.Reader) ID {
	if !c.repeated(r) {
		c.readClient(r)
	}
	return ID{c.client, r.Uvarint()}
}

// repeated reads the cached client if it comes next, and reports whether it does.
func (c *idReader) repeated(r *lib0.Reader) bool {
	raw, off := r.Raw(), r.Offset()
	if c.size == 0 || off+8 > len(raw) || binary.LittleEndian.Uint64(raw[off:])&c.mask != c.bytes {
		return false
	}
	r.Seek(off + int(c.size))
	return true
}

// readClient reads a client and caches it.
func (c *idReader) readClient(r *lib0.Reader) {
	raw, off := r.Raw(), r.Offset()
	c.client, c.size = r.Uvarint(), 0
	if n := r.Offset() - off; off+8 <= len(raw) && r.Err() == nil {
		c.size, c.mask = uint8(n), ^uint64(0)>>(64-8*n)
		c.bytes = binary.LittleEndian.Uint64(raw[off:]) & c.mask
	}
}
