package bolt

import (
	"context"
	"time"

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
	now := s.keep().Clock()
	return s.putRoom(room, snapshot, through, now, func(l *manifest) error {
		return s.keepReplaced(l, room, now)
	})
}

// Replace makes the snapshot all that is stored of a room: rows and versions are deleted in the
// same transaction.
func (s *Store) Replace(ctx context.Context, room string, snapshot []byte) error {
	if err := persist.CheckRoom(room); err != nil {
		return err
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	return s.putRoom(room, snapshot, s.last, s.keep().Clock(), func(l *manifest) error {
		return deleteVersions(l, room, versionsIn(l.tx, room))
	})
}

// putRoom writes the snapshot of a room, and deletes the rows that it covers, after it has done
// with the versions what is to be done, in one transaction. The store is acquired.
func (s *Store) putRoom(
	room string, snapshot []byte, through uint64, now time.Time, versions func(*manifest) error,
) error {
	through = min(through, s.last)
	id := wal.IDOf(room)
	s.growth = len(snapshot)
	if err := s.commit(nil, func(l *manifest) error {
		if err := damageOf(l.tx, id, room); err != nil {
			return err
		}
		if err := versions(l); err != nil {
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
	if b == nil || !s.keep().Due(now, versionsIn(tx, room)) {
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
	_, err = s.putVersion(l, room, now, v, snapshot)
	return err
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
