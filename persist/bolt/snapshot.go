package bolt

import (
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

var (
	headKey    = []byte("head")
	partPrefix = []byte("p")
)

const headLen = seqLen + sumLen

var errHead = errors.New("head is missing or of a wrong length")

// head is what a snapshot covers, and a checksum over that, its room and itself.
func head(room string, snapshot []byte, through uint64) []byte {
	h := binary.BigEndian.AppendUint64(nil, through)
	return binary.BigEndian.AppendUint32(h, checksum(h, []byte(room), snapshot))
}

func putSnapshot(tx *bbolt.Tx, room string, snapshot []byte, through uint64) error {
	all := tx.Bucket(snapshotBucket)
	if err := all.DeleteBucket([]byte(room)); err != nil && !errors.Is(err, bbolterrors.ErrBucketNotFound) {
		return err
	}
	b, err := all.CreateBucket([]byte(room))
	if err != nil {
		return err
	}
	b.FillPercent = 1 // it is written once
	if err := b.Put(headKey, head(room, snapshot, through)); err != nil {
		return err
	}
	return putParts(b, partPrefix, snapshot)
}

// getSnapshot returns a copy of the room's snapshot, nil if there is none, and the
// number through which it covers the journal.
func getSnapshot(tx *bbolt.Tx, room string) (snapshot []byte, through uint64, err error) {
	b := tx.Bucket(snapshotBucket).Bucket([]byte(room))
	if b == nil {
		return nil, 0, nil
	}
	stored := b.Get(headKey)
	if len(stored) != headLen {
		return nil, 0, errHead
	}
	through = binary.BigEndian.Uint64(stored)
	snapshot = getParts(b, partPrefix)
	if string(stored) != string(head(room, snapshot, through)) {
		return nil, 0, errSum
	}
	return snapshot, through, nil
}
