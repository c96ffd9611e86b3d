package backupfile

import (
	"encoding/hex"
	"errors"
	"time"
)

// Version is the version of the format that a Writer writes.
const Version = 1

// magic begins the first line, which the version ends.
const magic = "civic-realtime backup "

// sumPrefix begins the last line.
const sumPrefix = "sha256:"

// sumLine is the length of the last line, with its line feed.
const sumLine = len(sumPrefix) + 64 + 1

// Kinds of records.
const (
	kindMoment = 'M'
	kindBucket = 'B'
	kindValue  = 'K'
	kindDamage = 'D'
	kindEnd    = 'E'
)

// Limits of a Reader, which bound its memory. bbolt's own bound on keys is 32 KiB; a store has
// values of 32 KiB.
const (
	maxHeader  = 4 << 10
	maxNesting = 8
	maxKey     = 32 << 10
	maxValue   = 64 << 20
	maxWindow  = 8 << 20 // of zstd
	maxDamage  = 1 << 20 // reports of it
)

// Errors of Read.
var (
	ErrNoBackup  = errors.New("is not a backup")
	ErrVersion   = errors.New("is a backup of a later version of this program")
	ErrTruncated = errors.New("is cut off: its writing did not end, or it was not copied as a whole")
	ErrChanged   = errors.New("does not match its checksum: it was changed or damaged")
	ErrContent   = errors.New("has a record that no backup has")
)

// Header is the second line of a file.
type Header struct {
	Layout string    `json:"layout"` // of the store
	Begun  time.Time `json:"begun"`
}

// Damage is damage that a backup found in the store.
type Damage struct {
	Room   string `json:"room"`
	Reason string `json:"reason"`
}

// Totals counts the records of a file.
type Totals struct {
	Buckets uint64
	Values  uint64
	Bytes   int64 // of keys and values
	Damage  []Damage
	Moments []time.Time // at which the store was read; one, unless the backup had to give way
}

// lastLine returns the last line of a file.
func lastLine(sum []byte) string { return sumPrefix + hex.EncodeToString(sum) + "\n" }
