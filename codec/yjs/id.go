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

// lastClient is the client of the last id that was read, and how it is encoded:
// size bytes, which mask covers. Ids mostly name one client again and again, and
// comparing its bytes is quicker than decoding them.
type lastClient struct {
	size        uint8 // 0 while there is none
	client      uint64
	bytes, mask uint64
}

// id reads a client and a clock.
func (r *Structs) id() ID {
	if !r.repeatsClient() {
		r.readClient()
	}
	return ID{r.last.client, r.Uvarint()}
}

// repeatsClient reads the client of the last id, if that is what comes next.
func (r *Structs) repeatsClient() bool {
	rest := r.Rest()
	if len(rest) < 8 || r.last.size == 0 || binary.LittleEndian.Uint64(rest)&r.last.mask != r.last.bytes {
		return false
	}
	r.Seek(r.Offset() + int(r.last.size))
	return true
}

// readClient reads a client and keeps it and its encoding in last.
func (r *Structs) readClient() {
	rest := r.Rest()
	r.last.client, r.last.size = r.Uvarint(), 0
	if n := len(rest) - r.Len(); r.Err() == nil && len(rest) >= 8 {
		r.last.size, r.last.mask = uint8(n), ^uint64(0)>>(64-8*n)
		r.last.bytes = binary.LittleEndian.Uint64(rest) & r.last.mask
	}
}
