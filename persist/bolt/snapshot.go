package bolt

import (
	"encoding/binary"
	"errors"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

var (
	headKey    = []byte("head")
	savedKey   = []byte("saved")
	blobPrefix = []byte("p")
)

const headLen = seqLen + sumLen

var errHead = errors.New("head is missing or of a wrong length")

// head returns the head of a snapshot: the number through which it covers the journal, and a
// checksum over that, its room and itself.
func head(room string, snapshot []byte, through uint64) []byte {
	h := binary.BigEndian.AppendUint64(nil, through)
	return binary.BigEndian.AppendUint32(h, wal.Checksum(h, []byte(room), snapshot))
}

// putSnapshot replaces the room's snapshot. The bucket refers to the snapshot until the transaction
// ends.
func putSnapshot(l *manifest, room string, snapshot []byte, through uint64, now time.Time) error {
	e, err := l.entry(wal.IDOf(room), room)
	if err != nil {
		return err
	}
	h := head(room, snapshot, through)
	e.snapshots = digestOfSnapshot(room, h)
	all := l.tx.Bucket(snapshotBucket)
	if err := deleteBucket(all, []byte(room)); err != nil {
		return err
	}
	b, err := all.CreateBucket([]byte(room))
	if err != nil {
		return err
	}
	b.FillPercent = 1 // it is written once
	if err := b.Put(headKey, h); err != nil {
		return err
	}
	if err := b.Put(savedKey, appendTime(nil, now)); err != nil {
		return err
	}
	return putBlob(b, blobPrefix, snapshot)
}

// deleteBucket removes a bucket that need not be there.
func deleteBucket(in *bbolt.Bucket, name []byte) error {
	if err := in.DeleteBucket(name); !errors.Is(err, bbolterrors.ErrBucketNotFound) {
		return err
	}
	return nil
}

// savedAt returns when the snapshot in b was saved, zero if that is not known. Only the times at
// which versions are kept depend on it, so no checksum covers it.
func savedAt(b *bbolt.Bucket) time.Time { return readTime(b.Get(savedKey)) }

// getSnapshot returns a copy of the room's snapshot, nil if there is none, and the
// number through which it covers the journal.
func getSnapshot(tx *bbolt.Tx, room string) (snapshot []byte, through uint64, err error) {
	return snapshotIn(tx.Bucket(snapshotBucket).Bucket([]byte(room)), room)
}

// snapshotIn reads the room's snapshot from its bucket, which need not be there.
func snapshotIn(b *bbolt.Bucket, room string) (snapshot []byte, through uint64, err error) {
	if b == nil {
		return nil, 0, nil
	}
	stored := b.Get(headKey)
	if len(stored) != headLen {
		return nil, 0, errHead
	}
	through = binary.BigEndian.Uint64(stored)
	snapshot = getBlob(b, blobPrefix)
	if string(stored) != string(head(room, snapshot, through)) {
		return nil, 0, wal.ErrChecksum
	}
	return snapshot, through, nil
}
