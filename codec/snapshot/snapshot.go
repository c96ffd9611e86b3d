// Package snapshot encodes and decodes the stored state of a room: compressed, with a checksum. To
// stores it is an opaque blob.
//
// A stored snapshot is, in this order:
//
//	bytes  what
//	4      magic, "CvRt"
//	1      format: 1, or 5 with fields; 3 and 6 are 1 and 5 with a payload of several zstd frames
//	1      algorithm of the payload: 0 raw, 1 zstd, 2 gzip
//	1–10   version, unsigned LEB128: the updates the room has accepted since it began
//	1–10   length of the raw state in bytes, unsigned LEB128
//	       in formats 5 and 6: the Fields
//	4      CRC-32C, little-endian, over everything before it and then the raw state
//	rest   payload: the compressed state; one frame, in formats 3 and 6 one or more, each of
//	       which has the length of its content; nothing after them
//
// Formats 2 and 4 are 5 and 6 with a note alone, in the place of fields: its length in bytes,
// 1 to 6 MiB, unsigned LEB128, and the note. They are read and not written any more.
//
// The checksum covers the raw state, so it also detects a bug of a decompressor. A format that this
// package does not know is refused.
//
// Most of a document was in its last snapshot. Pieces keeps the compressed pieces of that, and
// makes the next snapshot of them: as frames in zstd, and as blocks of the one member in gzip, so
// that the tools of either read such a payload too.
//
// The state (a Yjs V1 update) and the note are opaque, and the caller decides where to cut the
// state. The package has no goroutines. Everything but a Pieces may be used concurrently.
//
// Files, in layers; each uses only what is listed before it:
//
//	format.go             the formats, their errors
//	fields.go             optional fields
//	incarnation.go        incarnations of documents, and their order
//	gzip.go zstd.go       compression
//	algorithm.go          choice of an algorithm
//	header.go             all before the payload; Stat
//	pieces.go             compressed pieces of the last snapshot
//	snapshot.go           Append, Decode
package snapshot

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// MaxOverhead is the largest difference in bytes between the length of a stored snapshot and that
// of its state, note, authors and former clients together. Append does not grow a buffer with that
// much spare capacity.
const MaxOverhead = versionAt + 2*binary.MaxVarintLen64 + fieldsRoom + sumLen + slack

// Snapshot is the state of a room, and the number of updates that made it.
type Snapshot struct {
	Version uint64 // updates the room has accepted since it began
	State   []byte // the whole document, as one update
	Note    []byte // data of its owner; nil: none

	Incarnation uint64 // of the document; Fields
	Authors     []byte // of the document; Fields. Nil: none are known
	Claims      []byte // of drafts; Fields. Nil: none

	Deleted Deletion // the document was deleted; Fields
	Former  []byte   // of documents before; Fields. Nil: none
}

func (s *Snapshot) fields() Fields {
	return Fields{s.Note, s.Incarnation, s.Authors, s.Claims, s.Deleted, s.Former}
}

// Append appends the stored form of s, compressed with a, or uncompressed if that is not larger.
// Its errors are ErrAlgorithm, ErrNote and ErrField; dst is then returned as it was.
func Append(dst []byte, s Snapshot, a Algorithm) ([]byte, error) {
	return appendStored(dst, s, a, nil, nil)
}

// Append appends the stored form of s like the function Append. cuts are ascending offsets in the
// state. The bytes between two of them are a piece, which is not compressed again as long as each
// snapshot has it, wherever it is. Without cuts, or if a does not compress, nothing is kept.
func (p *Pieces) Append(dst []byte, s Snapshot, cuts []int, a Algorithm) ([]byte, error) {
	return appendStored(dst, s, a, p, cuts)
}

func appendStored(dst []byte, s Snapshot, a Algorithm, p *Pieces, cuts []int) ([]byte, error) {
	if a >= algorithms {
		return dst, fmt.Errorf("%w: %d", ErrAlgorithm, a)
	}
	fields := s.fields()
	if err := fields.check(); err != nil {
		return dst, err
	}
	start := len(dst)
	inPieces := len(cuts) > 0 && codecs[a].piece != nil
	dst = appendHeader(dst, s, &fields, a, inPieces && a == Zstd)
	sumAt := len(dst)
	dst = append(dst, make([]byte, sumLen)...)
	if inPieces {
		dst = p.appendPayload(dst, s.State, cuts, a)
	} else {
		dst = codecs[a].append(dst, s.State)
	}
	if len(dst)-sumAt-sumLen >= len(s.State) {
		dst[start+formatAt], dst[start+algorithmAt] = formatOf(&fields, false), codecs[Raw].code
		dst = append(dst[:sumAt+sumLen], s.State...)
	}
	binary.LittleEndian.PutUint32(dst[sumAt:], checksum(dst[start:sumAt], s.State))
	return dst, nil
}

// appendHeader appends the header up to the checksum.
func appendHeader(dst []byte, s Snapshot, f *Fields, a Algorithm, frames bool) []byte {
	dst = append(append(dst, magic...), formatOf(f, frames), codecs[a].code)
	dst = binary.AppendUvarint(dst, s.Version)
	dst = binary.AppendUvarint(dst, uint64(len(s.State)))
	if f.Empty() {
		return dst
	}
	return f.Append(dst)
}

func formatOf(f *Fields, frames bool) byte {
	switch {
	case frames && !f.Empty():
		return formatFramesFields
	case frames:
		return formatFrames
	case !f.Empty():
		return formatFields
	}
	return format
}

// Decode reads a stored snapshot whose state has at most limit bytes. Before anything is allocated
// the length in the header is compared with limit and with the length that the payload claims.
// State borrows b if it is stored uncompressed, else it is new memory; all other fields
// borrow b.
func Decode(b []byte, limit int) (Snapshot, error) {
	h, err := parseHeader(b)
	if err != nil {
		return Snapshot{}, err
	}
	if h.size > uint64(max(limit, 0)) {
		const format = "%w: %d bytes where %d are allowed"
		return Snapshot{}, fmt.Errorf(format, ErrTooLarge, h.size, limit)
	}
	state, err := codecs[h.algorithm].decode(b[h.len:], int(h.size), h.frames)
	if err != nil {
		return Snapshot{}, err
	}
	if sum := checksum(b[:h.len-sumLen], state); sum != h.sum {
		return Snapshot{}, fmt.Errorf("%w: %08x instead of %08x", ErrChecksum, sum, h.sum)
	}
	f := &h.fields
	return Snapshot{
		h.version, state, f.Note, f.Incarnation, f.Authors, f.Claims, f.Deleted, f.Former,
	}, nil
}

func checksum(header, state []byte) uint32 {
	return crc32.Update(crc32.Checksum(header, castagnoli), castagnoli, state)
}
