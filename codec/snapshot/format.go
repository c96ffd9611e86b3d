package snapshot

import (
	"errors"
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

// MaxNote is the largest length of a note, in bytes.
const MaxNote = 6 << 20

// Errors of a stored snapshot. They are wrapped with the value that was found.
var (
	ErrMagic     = errors.New("not a snapshot")
	ErrFormat    = errors.New("unknown snapshot format")
	ErrAlgorithm = errors.New("unknown snapshot algorithm")
	ErrTruncated = errors.New("snapshot ends too early")
	ErrTooLarge  = errors.New("snapshot too large")
	ErrNote      = errors.New("snapshot note is empty or too long")
	ErrPayload   = errors.New("snapshot payload does not hold the state")
	ErrChecksum  = errors.New("snapshot checksum mismatch")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
