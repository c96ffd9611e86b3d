package bolt

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// KeepVersion commits the snapshot beside the room's own.
func (s *Store) KeepVersion(
	ctx context.Context, room string, v persist.Version, snapshot []byte,
) (id uint64, err error) {
	if err := persist.CheckVersion(room, v); err != nil {
		return 0, err
	}
	if err := s.acquire(ctx); err != nil {
		return 0, err
	}
	defer s.release()
	v.Time, v.Node = s.keep().Clock(), ""
	s.growth = len(snapshot)
	err = s.commitUnless(func(l *manifest) error {
		if v.Name != "" {
			err := s.keep().CheckNamed(versionsIn(l.tx, room), 0, len(snapshot))
			if err != nil {
				return err
			}
		}
		id, err = s.putVersion(l, room, v.Time, v, snapshot)
		return err
	})
	return id, err
}

// commitUnless is commit. A refusal by change is returned as it is: nothing is wrong with the
// disk.
func (s *Store) commitUnless(change func(*manifest) error) error {
	var refused error
	err := s.commit(nil, func(l *manifest) error {
		refused = change(l)
		return refused
	})
	if errors.Is(refused, persist.ErrNamed) || errors.Is(refused, persist.ErrVersion) {
		return refused
	}
	return err
}

// putVersion keeps a snapshot, and deletes the versions that are then too many. The bucket refers
// to the snapshot until the transaction ends.
func (s *Store) putVersion(
	l *manifest, room string, now time.Time, v persist.Version, snapshot []byte,
) (id uint64, err error) {
	e, err := l.entry(wal.IDOf(room), room)
	if err != nil {
		return 0, err
	}
	b, err := l.tx.Bucket(versionBucket).CreateBucketIfNotExists([]byte(room))
	if err != nil {
		return 0, err
	}
	if v.ID, err = b.NextSequence(); err != nil {
		return 0, err
	}
	v.Size, v.Kept = len(snapshot), now
	kept, err := b.CreateBucket(versionKey(v.ID))
	if err != nil {
		return 0, err
	}
	kept.FillPercent = 1
	head := appendVersionHead(nil, room, v, snapshot)
	if err := kept.Put(headKey, head); err != nil {
		return 0, err
	}
	if err := kept.Put(metaKey, appendVersionMeta(nil, room, v)); err != nil {
		return 0, err
	}
	if err := putBlob(kept, blobPrefix, snapshot); err != nil {
		return 0, err
	}
	e.versions.Add(digestOfVersion(room, versionKey(v.ID), head))
	return v.ID, deleteVersions(l, room, s.keep().Surplus(now, versionsIn(l.tx, room)))
}

// deleteVersions deletes versions of a room, and the room if nothing else is stored of it.
func deleteVersions(l *manifest, room string, versions []persist.Version) error {
	if len(versions) == 0 {
		return nil
	}
	e, err := l.entry(wal.IDOf(room), room)
	if err != nil {
		return err
	}
	all := l.tx.Bucket(versionBucket)
	b := all.Bucket([]byte(room))
	for _, old := range versions {
		key := versionKey(old.ID)
		e.versions.Remove(digestOfVersion(room, key, b.Bucket(key).Get(headKey)))
		if err := b.DeleteBucket(key); err != nil {
			return err
		}
	}
	if e.empty() || e.expires != 0 && e.rows.N+e.snapshots.N+e.versions.N == 0 && !e.damaged {
		e.expires = 0
		return errors.Join(l.tx.Bucket(expiryBucket).Delete([]byte(room)),
			all.DeleteBucket([]byte(room)))
	}
	return nil
}

// RenameVersion replaces the metadata of a version.
func (s *Store) RenameVersion(ctx context.Context, room string, id uint64, name string) error {
	if err := errors.Join(persist.CheckRoom(room), persist.CheckName(name)); err != nil {
		return err
	}
	return s.changeVersion(ctx, room, id, func(l *manifest, b *bbolt.Bucket) error {
		v := readVersion(room, versionKey(id), b)
		if name != "" {
			if err := s.keep().CheckNamed(versionsIn(l.tx, room), id, v.Size); err != nil {
				return err
			}
		}
		v.Name = name
		return b.Put(metaKey, appendVersionMeta(nil, room, v))
	})
}

// DeleteVersion deletes a version in a transaction.
func (s *Store) DeleteVersion(ctx context.Context, room string, id uint64) error {
	if err := persist.CheckRoom(room); err != nil {
		return err
	}
	return s.changeVersion(ctx, room, id, func(l *manifest, _ *bbolt.Bucket) error {
		return deleteVersions(l, room, []persist.Version{{ID: id}})
	})
}

// changeVersion calls change with the bucket of a version, in a transaction.
func (s *Store) changeVersion(
	ctx context.Context, room string, id uint64, change func(*manifest, *bbolt.Bucket) error,
) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	return s.commitUnless(func(l *manifest) error {
		b := l.tx.Bucket(versionBucket).Bucket([]byte(room))
		if b != nil {
			b = b.Bucket(versionKey(id))
		}
		if b == nil {
			return persist.ErrVersion
		}
		return change(l, b)
	})
}

// Versions reads the heads of the room's versions.
func (s *Store) Versions(ctx context.Context, room string) (versions []persist.Version, err error) {
	err = s.view(ctx, room, func(tx *bbolt.Tx) error {
		versions = versionsIn(tx, room)
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
