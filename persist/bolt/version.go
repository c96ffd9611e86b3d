package bolt

import (
	"context"
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

const versionHeadLen = timeLen + 8 + sumLen

// appendVersionHead appends what stands before the snapshot v, and a checksum over
// that, its room, its id and itself.
func appendVersionHead(dst []byte, room string, v persist.Version, snapshot []byte) []byte {
	dst = binary.BigEndian.AppendUint64(appendTime(dst, v.Time), uint64(v.Size))
	sum := wal.Checksum(dst, versionKey(v.ID), []byte(v.Why), []byte{0}, []byte(room), snapshot)
	return append(binary.BigEndian.AppendUint32(dst, sum), v.Why...)
}

func versionKey(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// readVersionHead believes what it reads: only reading the version shows whether it
// is whole.
func readVersionHead(id, head []byte) persist.Version {
	v := persist.Version{ID: binary.BigEndian.Uint64(id), Why: "damaged"}
	if len(head) >= versionHeadLen {
		v.Time, v.Why = readTime(head), string(head[versionHeadLen:])
		v.Size = int(binary.BigEndian.Uint64(head[timeLen:]))
	}
	return v
}

// versionsIn lists what is kept in a room's bucket, nil if it has none.
func versionsIn(b *bbolt.Bucket) (versions []persist.Version) {
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if one := b.Bucket(k); one != nil && len(k) == seqLen {
			versions = append(versions, readVersionHead(k, one.Get(headKey)))
		}
	}
	return versions
}

// putVersion keeps a snapshot, and drops what is then too much. The bucket refers to
// it until the transaction ends.
func (s *Store) putVersion(l *manifest, room string, v persist.Version, snapshot []byte) error {
	e, err := l.of(wal.IDOf(room), room)
	if err != nil {
		return err
	}
	b, err := l.tx.Bucket(versionBucket).CreateBucketIfNotExists([]byte(room))
	if err != nil {
		return err
	}
	if v.ID, err = b.NextSequence(); err != nil {
		return err
	}
	v.Size = len(snapshot)
	kept, err := b.CreateBucket(versionKey(v.ID))
	if err != nil {
		return err
	}
	kept.FillPercent = 1
	head := appendVersionHead(nil, room, v, snapshot)
	if err := kept.Put(headKey, head); err != nil {
		return err
	}
	if err := putBlob(kept, blobPrefix, snapshot); err != nil {
		return err
	}
	e.versions.add(digestOfVersion(room, versionKey(v.ID), head))
	for _, old := range s.keep.Surplus(versionsIn(b)) {
		e.versions.remove(digestOfVersion(room, versionKey(old.ID), b.Bucket(versionKey(old.ID)).Get(headKey)))
		if err := b.DeleteBucket(versionKey(old.ID)); err != nil {
			return err
		}
	}
	return nil
}

// KeepVersion commits the snapshot beside the room's own.
func (s *Store) KeepVersion(ctx context.Context, room, why string, snapshot []byte) error {
	if err := persist.CheckVersion(room, why); err != nil {
		return err
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	v := persist.Version{Time: s.keep.Clock(), Why: why}
	s.adds = len(snapshot)
	return s.commit(nil, func(l *manifest) error { return s.putVersion(l, room, v, snapshot) })
}

// Versions reads what is said of them, and not the versions.
func (s *Store) Versions(ctx context.Context, room string) (versions []persist.Version, err error) {
	err = s.view(ctx, room, func(tx *bbolt.Tx) error {
		versions = versionsIn(tx.Bucket(versionBucket).Bucket([]byte(room)))
		return nil
	})
	return versions, err
}

// Version reads one.
func (s *Store) Version(ctx context.Context, room string, id uint64) (snapshot []byte, err error) {
	err = s.view(ctx, room, func(tx *bbolt.Tx) (err error) {
		snapshot, err = getVersion(tx, room, id)
		return err
	})
	return snapshot, err
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

// view reads what depends on no index.
func (s *Store) view(ctx context.Context, room string, f func(*bbolt.Tx) error) error {
	if err := persist.CheckRoom(room); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return readError(room, guard(func() error { return s.db.View(f) }))
}

// keepReplaced keeps the room's snapshot, which is about to be replaced, if it is
// time. One that cannot be read is no loss.
func (s *Store) keepReplaced(l *manifest, room string, now time.Time) error {
	tx := l.tx
	b := tx.Bucket(snapshotBucket).Bucket([]byte(room))
	if b == nil || !s.keep.Due(now, versionsIn(tx.Bucket(versionBucket).Bucket([]byte(room)))) {
		return nil
	}
	snapshot, _, err := getSnapshot(tx, room)
	if err != nil {
		return nil
	}
	v := persist.Version{Time: savedAt(b), Why: persist.Automatic}
	if v.Time.IsZero() {
		v.Time = now
	}
	return s.putVersion(l, room, v, snapshot)
}
