package bolt

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/civicpress/civic-realtime/persist/bolt/decisions"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// The buckets of the database; see doc.go.
var (
	metaBucket       = []byte("meta")
	journalBucket    = []byte("journal")
	snapshotBucket   = []byte("snapshots")
	versionBucket    = []byte("versions")
	expiryBucket     = []byte("expiries")
	roomBucket       = []byte("rooms")
	damageBucket     = []byte("damage")
	quarantineBucket = []byte("aside")
	decisionBucket   = []byte("decisions")
	markBucket       = []byte("marks")
)

var allBuckets = [...][]byte{
	metaBucket, journalBucket, snapshotBucket, versionBucket,
	expiryBucket, roomBucket, damageBucket, quarantineBucket, decisionBucket, markBucket,
}

// madeLater reports whether a bucket is made by the first value in it.
func madeLater(name []byte) bool {
	return string(name) == string(decisionBucket) || string(name) == string(markBucket)
}

// Keys in the bucket meta.
var (
	formatKey    = []byte("format")
	sumsKey      = []byte("sums")
	decisionsKey = []byte("decisions") // the digest of the decisions
)

var decisionPlace = decisions.Place{Bucket: decisionBucket, Meta: metaBucket, Digest: decisionsKey}

// Lengths of stored values, in bytes.
const (
	sumLen  = crc32.Size // a checksum
	seqLen  = 8          // a sequence number, or a version's id
	timeLen = 8
	idLen   = len(wal.RoomID{})
	keyLen  = len(wal.Key{}) // of a row, without the number of a chunk
)

// appendTime appends t in milliseconds since 1970.
func appendTime(dst []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(t.UnixMilli()))
}

// readTime returns the zero time where none was stored.
func readTime(b []byte) time.Time {
	if len(b) < timeLen {
		return time.Time{}
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b)))
}

const versionHeadLen = timeLen + 8 + sumLen
