package bolt

import (
	"encoding/binary"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// appendVersionHead appends the head of version v: time, size, a checksum over these, its room,
// its id and its snapshot, and the reason.
func appendVersionHead(dst []byte, room string, v persist.Version, snapshot []byte) []byte {
	dst = binary.BigEndian.AppendUint64(appendTime(dst, v.Time), uint64(v.Size))
	sum := wal.Checksum(dst, versionKey(v.ID), []byte(v.Why), []byte{0}, []byte(room), snapshot)
	return append(binary.BigEndian.AppendUint32(dst, sum), v.Why...)
}

func versionKey(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// readVersionHead reads a head. It does not verify the checksum, for which the version would have
// to be read.
func readVersionHead(id, head []byte) persist.Version {
	v := persist.Version{ID: binary.BigEndian.Uint64(id), Why: "damaged"}
	if len(head) >= versionHeadLen {
		v.Time, v.Why = readTime(head), string(head[versionHeadLen:])
		v.Size = int(binary.BigEndian.Uint64(head[timeLen:]))
	}
	return v
}

// versionsIn lists the versions of a room.
func versionsIn(tx *bbolt.Tx, room string) (versions []persist.Version) {
	b := tx.Bucket(versionBucket).Bucket([]byte(room))
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if one := b.Bucket(k); one != nil && len(k) == seqLen {
			versions = append(versions, readVersion(room, k, one))
		}
	}
	return versions
}

func getVersion(tx *bbolt.Tx, room string, id uint64) ([]byte, error) {
	b := tx.Bucket(versionBucket).Bucket([]byte(room))
	if b != nil {
		b = b.Bucket(versionKey(id))
	}
	if b == nil {
		return nil, persist.ErrVersion
	}
	stored, snapshot := b.Get(headKey), getBlob(b, blobPrefix)
	v := readVersionHead(versionKey(id), stored)
	if string(stored) != string(appendVersionHead(nil, room, v, snapshot)) {
		return nil, &persist.CorruptError{Room: room, ID: id, Reason: wal.ErrChecksum.Error()}
	}
	return snapshot, nil
}
