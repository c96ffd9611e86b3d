package bolt

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// SaveSnapshot writes the snapshot, keeps the one before as a version if one is due, and deletes
// the rows that it covers, in one transaction.
func (s *Store) SaveSnapshot(
	ctx context.Context, room string, snapshot []byte, through uint64,
) error {
	if err := persist.CheckRoom(room); err != nil {
		return err
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	through = min(through, s.last)
	id, now := wal.IDOf(room), s.keep().Clock()
	s.growth = len(snapshot)
	if err := s.commit(nil, func(l *manifest) error {
		if err := damageOf(l.tx, id, room); err != nil {
			return err
		}
		if err := s.keepReplaced(l, room, now); err != nil {
			return err
		}
		if err := putSnapshot(l, room, snapshot, through, now); err != nil {
			return err
		}
		if err := s.cancelExpiry(l, id); err != nil {
			return err
		}
		return s.deleteRows(l, room, through)
	}); err != nil {
		return err
	}
	delete(s.expiring, id)
	s.mu.Lock()
	s.index.drop(id, through)
	s.mu.Unlock()
	return nil
}

// keepReplaced keeps the room's snapshot, which is about to be replaced, as a version if one is
// due. A snapshot that cannot be read is not kept.
func (s *Store) keepReplaced(l *manifest, room string, now time.Time) error {
	tx := l.tx
	b := tx.Bucket(snapshotBucket).Bucket([]byte(room))
	if b == nil || !s.keep().Due(now, versionsIn(tx.Bucket(versionBucket).Bucket([]byte(room)))) {
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

// KeepVersion commits the snapshot beside the room's own.
func (s *Store) KeepVersion(ctx context.Context, room, why string, snapshot []byte) error {
	if err := persist.CheckVersion(room, why); err != nil {
		return err
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	v := persist.Version{Time: s.keep().Clock(), Why: why}
	s.growth = len(snapshot)
	return s.commit(nil, func(l *manifest) error { return s.putVersion(l, room, v, snapshot) })
}

// putVersion keeps a snapshot, and deletes the versions that are then too many. The bucket refers
// to the snapshot until the transaction ends.
func (s *Store) putVersion(l *manifest, room string, v persist.Version, snapshot []byte) error {
	e, err := l.entry(wal.IDOf(room), room)
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
	e.versions.Add(digestOfVersion(room, versionKey(v.ID), head))
	for _, old := range s.keep().Surplus(versionsIn(b)) {
		key := versionKey(old.ID)
		e.versions.Remove(digestOfVersion(room, key, b.Bucket(key).Get(headKey)))
		if err := b.DeleteBucket(key); err != nil {
			return err
		}
	}
	return nil
}

// ChangeDecisions commits the changes in one transaction.
func (s *Store) ChangeDecisions(ctx context.Context, put, drop []persist.Decision) error {
	if err := persist.CheckDecisions(put, drop); err != nil {
		return err
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	return s.commit(nil, func(l *manifest) error { return decisionPlace.Change(l.tx, put, drop) })
}

// Versions reads the heads of the room's versions.
func (s *Store) Versions(ctx context.Context, room string) (versions []persist.Version, err error) {
	err = s.view(ctx, room, func(tx *bbolt.Tx) error {
		versions = versionsIn(tx.Bucket(versionBucket).Bucket([]byte(room)))
		return nil
	})
	return versions, err
}

// Version reads a version.
func (s *Store) Version(ctx context.Context, room string, id uint64) (snapshot []byte, err error) {
	err = s.view(ctx, room, func(tx *bbolt.Tx) (err error) {
		snapshot, err = getVersion(tx, room, id)
		return err
	})
	return snapshot, err
}

// view calls f to read parts of the database for which the index is not needed.
func (s *Store) view(ctx context.Context, room string, f func(*bbolt.Tx) error) error {
	if err := persist.CheckRoom(room); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return readError(room, guard(func() error { return s.db.View(f) }))
}
