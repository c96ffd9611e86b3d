package leveldb

import (
	"bytes"
	"cmp"
	"encoding/binary"
)

// entry is a write of a key.
type entry struct {
	key     []byte
	trailer uint64 // the sequence number, and in the lowest byte the kind
	value   []byte
}

// The kinds of writes.
const (
	deletion = 0
	put      = 1
)

// trailerLen is the length in bytes of the trailer behind a key in tables and manifests.
const trailerLen = 8

// parseKey splits a key as it is stored in tables.
func parseKey(b []byte) (e entry, ok bool) {
	if len(b) < trailerLen {
		return e, false
	}
	at := len(b) - trailerLen
	return entry{key: b[:at:at], trailer: binary.LittleEndian.Uint64(b[at:])}, true
}

func (e entry) deleted() bool { return byte(e.trailer) == deletion }

// compare orders entries by key, and those of one key by sequence, the newest first.
func (e entry) compare(other entry) int {
	return cmp.Or(bytes.Compare(e.key, other.key), cmp.Compare(other.trailer, e.trailer))
}
