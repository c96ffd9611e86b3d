// Package snapshot is the stored form of a room's state: compressed, checked
// and small to describe. Stores see it as an opaque blob.
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
//	rest   payload: the state as the algorithm left it; one frame, in formats 3 and 6
//	       one or more, each of which says how long its part is; nothing after them
//
// Formats 2 and 4 are 5 and 6 with a note alone, in the place of fields: its length in bytes,
// 1 to 6 MiB, unsigned LEB128, and the note. They are read and not written any more.
//
// The checksum covers the raw state, so it also catches a decompressor's mistake.
// A format this package does not know is refused, never guessed at.
//
// Most of a document has been in its last snapshot. Pieces keeps what that was
// compressed to, piece by piece, and makes the next snapshot of it: of frames,
// in zstd; of blocks of the one member, in gzip, which is no format of its own. So
// the tools of either read such a payload too.
//
// What the state is (a Yjs V1 update) is no business of this package, nor what a
// note says, nor where it is best cut. It has no goroutines, and all of it but a
// Pieces is safe for concurrent use.
package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

const (
	magic              = "CvRt"
	format             = 1
	formatNote         = 2
	formatFrames       = 3
	formatFramesNote   = 4
	formatFields       = 5
	formatFramesFields = 6

	formatAt    = len(magic)
	algorithmAt = formatAt + 1
	versionAt   = algorithmAt + 1
	sumLen      = crc32.Size
)

// MaxNote is the length of the longest note, in bytes.
const MaxNote = 6 << 20

// MaxOverhead is the most a stored snapshot is longer than its state and its note: a
// buffer with that much room to spare is never grown by Append.
const MaxOverhead = versionAt + 2*binary.MaxVarintLen64 + fieldsRoom + sumLen + slack

// What can be wrong with a stored snapshot. They arrive wrapped with the value that was found.
var (
	ErrMagic     = errors.New("not a snapshot")
	ErrFormat    = errors.New("unknown snapshot format")
	ErrAlgorithm = errors.New("unknown snapshot algorithm")
	ErrTruncated = errors.New("snapshot ends too early")
	ErrTooLarge  = errors.New("snapshot too large")
	ErrNote      = errors.New("snapshot note of a length that none has")
	ErrPayload   = errors.New("snapshot payload does not hold the state")
	ErrChecksum  = errors.New("snapshot checksum mismatch")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Snapshot is a room's state and how many updates it took to get there.
type Snapshot struct {
	Version uint64 // updates the room has accepted since it began
	State   []byte // the whole document, as one update
	Note    []byte // what else its owner wants to remember; none is nil

	Incarnation uint64 // of the document; Fields
	Author      string // who wrote last; Fields
}

func (s *Snapshot) fields() Fields { return Fields{s.Note, s.Incarnation, s.Author} }

// Append appends the stored form of s, compressed by a unless that makes it no
// smaller, in which case the state is stored as it is. The only errors are
// ErrAlgorithm, ErrNote and ErrField, with dst returned unchanged.
func Append(dst []byte, s Snapshot, a Algorithm) ([]byte, error) {
	return appendForm(dst, s, a, nil, nil)
}

// appendForm is Append, of pieces if there are cuts.
func appendForm(dst []byte, s Snapshot, a Algorithm, p *Pieces, cuts []int) ([]byte, error) {
	if a >= algorithms {
		return dst, fmt.Errorf("%w: %d", ErrAlgorithm, a)
	}
	fields := s.fields()
	if err := fields.check(); err != nil {
		return dst, err
	}
	start := len(dst)
	inPieces := len(cuts) > 0 && forms[a].piece != nil
	dst = appendHeader(dst, s, &fields, a, inPieces && a == Zstd)
	sumAt := len(dst)
	dst = append(dst, make([]byte, sumLen)...)
	if inPieces {
		dst = p.appendPayload(dst, s.State, cuts, a)
	} else {
		dst = forms[a].append(dst, s.State)
	}
	if len(dst)-sumAt-sumLen >= len(s.State) {
		dst[start+formatAt], dst[start+algorithmAt] = formatOf(&fields, false), forms[Raw].code
		dst = append(dst[:sumAt+sumLen], s.State...)
	}
	binary.LittleEndian.PutUint32(dst[sumAt:], checksum(dst[start:sumAt], s.State))
	return dst, nil
}

// appendHeader appends what stands before the checksum.
func appendHeader(dst []byte, s Snapshot, f *Fields, a Algorithm, frames bool) []byte {
	dst = append(append(dst, magic...), formatOf(f, frames), forms[a].code)
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

// Decode reads a stored snapshot whose state is at most limit bytes. The claimed
// length is held against limit and against what the payload says of itself
// before anything is allocated. State is borrowed from b if it was stored raw,
// else it is new memory; Note is borrowed.
func Decode(b []byte, limit int) (Snapshot, error) {
	h, err := parseHeader(b)
	if err != nil {
		return Snapshot{}, err
	}
	if h.size > uint64(max(limit, 0)) {
		return Snapshot{}, fmt.Errorf("%w: %d bytes where %d are allowed", ErrTooLarge, h.size, limit)
	}
	state, err := forms[h.algorithm].decode(b[h.len:], int(h.size), h.frames)
	if err != nil {
		return Snapshot{}, err
	}
	if sum := checksum(b[:h.len-sumLen], state); sum != h.sum {
		return Snapshot{}, fmt.Errorf("%w: %08x instead of %08x", ErrChecksum, sum, h.sum)
	}
	f := &h.fields
	return Snapshot{h.version, state, f.Note, f.Incarnation, f.Author}, nil
}

func checksum(header, state []byte) uint32 {
	return crc32.Update(crc32.Checksum(header, castagnoli), castagnoli, state)
}
