package snapshot

import (
	"encoding/binary"
	"fmt"
)

// header is all of a stored snapshot before the payload.
type header struct {
	algorithm Algorithm
	version   uint64
	size      uint64 // of the raw state in bytes, as claimed
	frames    bool   // the payload may be several frames
	fields    Fields
	sum       uint32
	len       int // of the header itself, checksum included, bytes
}

func parseHeader(b []byte) (h header, err error) {
	form, algorithm, err := parsePreamble(b)
	if h.algorithm = algorithm; err != nil {
		return h, err
	}
	h.frames = hasFrames(form)
	h.len = versionAt
	for _, field := range []*uint64{&h.version, &h.size} {
		v, n := binary.Uvarint(b[h.len:])
		if n <= 0 {
			return h, fmt.Errorf("%w: no integer at offset %d", ErrTruncated, h.len)
		}
		*field = v
		h.len += n
	}
	if h.fields, h.len, err = parseMore(form, b, h.len); err != nil {
		return h, err
	}
	if len(b)-h.len < sumLen {
		return h, fmt.Errorf("%w: no checksum at offset %d", ErrTruncated, h.len)
	}
	h.sum = binary.LittleEndian.Uint32(b[h.len:])
	h.len += sumLen
	return h, nil
}

// parsePreamble reads the members of fixed length, each as far as b reaches, so that the error for
// a truncated snapshot differs from that for other bytes.
func parsePreamble(b []byte) (form byte, a Algorithm, err error) {
	if n := min(len(b), len(magic)); string(b[:n]) != magic[:n] {
		return 0, 0, ErrMagic
	}
	if len(b) > formatAt && (b[formatAt] < format || b[formatAt] > formatFramesFields) {
		return 0, 0, fmt.Errorf("%w: %d", ErrFormat, b[formatAt])
	}
	if len(b) < versionAt {
		return 0, 0, fmt.Errorf("%w: %d bytes", ErrTruncated, len(b))
	}
	if a, err = algorithmOf(b[algorithmAt]); err == nil && a != Zstd && hasFrames(b[formatAt]) {
		err = fmt.Errorf("%w: %v in frames", ErrAlgorithm, a)
	}
	return b[formatAt], a, err
}

// hasFrames reports whether the payload of a format may be several zstd frames.
func hasFrames(form byte) bool {
	return form == formatFrames || form == formatFramesNote || form == formatFramesFields
}

// parseMore reads the fields that a format has at an offset, and returns where they end.
func parseMore(form byte, b []byte, at int) (f Fields, end int, err error) {
	switch form {
	case formatNote, formatFramesNote:
		f.Note, end, err = parseNote(b, at)
		return f, end, err
	case formatFields, formatFramesFields:
		f, n, err := ParseFields(b[at:])
		if err != nil {
			err = fmt.Errorf("fields at offset %d: %w", at, err)
		}
		return f, at + n, err
	}
	return f, at, nil
}

// parseNote reads the note at an offset and returns where it ends.
func parseNote(b []byte, at int) (note []byte, end int, err error) {
	length, n := binary.Uvarint(b[at:])
	if n <= 0 {
		return nil, at, fmt.Errorf("%w: no integer at offset %d", ErrTruncated, at)
	}
	if length == 0 || length > MaxNote {
		return nil, at, fmt.Errorf("%w: %d bytes", ErrNote, length)
	}
	at += n
	if len(b)-at < int(length) {
		return nil, at, fmt.Errorf("%w: no note of %d bytes at offset %d", ErrTruncated, length, at)
	}
	end = at + int(length)
	return b[at:end:end], end, nil
}

// Info is the header of a stored snapshot.
type Info struct {
	Algorithm Algorithm
	Version   uint64
	Size      uint64 // of the state in bytes, as claimed; Decode checks it

	Incarnation uint64 // of the document; Fields
	Authors     []byte // of the document; Fields. Stat borrows them

	Deleted Deletion // the document was deleted; Fields
	Former  []byte   // of documents before; Fields. Stat borrows it
}

// Stat reads the header. It does not look at the payload.
func Stat(b []byte) (Info, error) {
	h, err := parseHeader(b)
	if err != nil {
		return Info{}, err
	}
	f := &h.fields
	return Info{h.algorithm, h.version, h.size, f.Incarnation, f.Authors, f.Deleted, f.Former}, nil
}
