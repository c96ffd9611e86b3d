package snapshot

import (
	"encoding/binary"
	"fmt"
)

// header is what stands before the payload.
type header struct {
	algorithm Algorithm
	version   uint64
	size      uint64 // of the raw state, bytes; a claim until the payload bears it out
	sum       uint32
	len       int // of the header itself, checksum included, bytes
}

func parseHeader(b []byte) (h header, err error) {
	if h.algorithm, err = parsePreamble(b); err != nil {
		return h, err
	}
	h.len = versionAt
	for _, field := range []*uint64{&h.version, &h.size} {
		v, n := binary.Uvarint(b[h.len:])
		if n <= 0 {
			return h, fmt.Errorf("%w: no integer at offset %d", ErrTruncated, h.len)
		}
		*field = v
		h.len += n
	}
	if len(b)-h.len < sumLen {
		return h, fmt.Errorf("%w: no checksum at offset %d", ErrTruncated, h.len)
	}
	h.sum = binary.LittleEndian.Uint32(b[h.len:])
	h.len += sumLen
	return h, nil
}

// parsePreamble reads the fields of fixed length, each as far as b reaches, so
// that a cut inside the magic is told from bytes that never were a snapshot.
func parsePreamble(b []byte) (Algorithm, error) {
	if n := min(len(b), len(magic)); string(b[:n]) != magic[:n] {
		return 0, ErrMagic
	}
	if len(b) > formatAt && b[formatAt] != format {
		return 0, fmt.Errorf("%w: %d", ErrFormat, b[formatAt])
	}
	if len(b) < versionAt {
		return 0, fmt.Errorf("%w: %d bytes", ErrTruncated, len(b))
	}
	return algorithmOf(b[algorithmAt])
}
