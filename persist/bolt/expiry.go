package bolt

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// maxDrops is how many rooms one commit drops at most, as every Append waits for that.
const maxDrops = 32

// Expire commits when the room is to be dropped.
func (s *Store) Expire(ctx context.Context, room string, at time.Time) error {
	if err := persist.CheckRoom(room); err != nil {
		return err
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	id := wal.IDOf(room)
	if _, expiring := s.expiring[id]; at.IsZero() && !expiring {
		return nil
	}
	if at.IsZero() {
		err := s.commit(nil, func(l *manifest) error { return s.cancelExpiry(l, id) })
		if err == nil {
			delete(s.expiring, id)
		}
		return err
	}
	tried := false
	err := s.commit(nil, func(l *manifest) error {
		e, err := l.entry(id, room)
		if err != nil || e.empty() {
			return err
		}
		e.expires, tried = millis(at), true
		return l.tx.Bucket(expiryBucket).Put([]byte(room), appendTime(nil, at))
	})
	if tried {
		s.expiring[id] = room // also if it fails: a failed commit may be on the disk
	}
	return err
}

// DropExpired drops up to maxDrops rooms in a transaction.
func (s *Store) DropExpired(ctx context.Context, now time.Time) (rooms int, err error) {
	for {
		n, err := s.dropSome(ctx, now)
		if rooms += n; err != nil || n == 0 {
			return rooms, err
		}
	}
}

func (s *Store) dropSome(ctx context.Context, now time.Time) (int, error) {
	if err := s.acquire(ctx); err != nil {
		return 0, err
	}
	defer s.release()
	due, err := s.due(now)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	err = s.commit(nil, func(l *manifest) error {
		due = dueIn(l.tx, now) // pending rows have cancelled some
		return s.drop(l, due)
	})
	if s.forget(due); err != nil {
		return 0, err
	}
	return len(due), nil
}

// due lists rooms that have expired by the database, which lacks pending rows.
func (s *Store) due(now time.Time) (rooms []string, err error) {
	err = guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error { rooms = dueIn(tx, now); return nil })
	})
	return rooms, err
}

func dueIn(tx *bbolt.Tx, now time.Time) (rooms []string) {
	c := tx.Bucket(expiryBucket).Cursor()
	for room, at := c.First(); room != nil && len(rooms) < maxDrops; room, at = c.Next() {
		if len(at) == timeLen && !readTime(at).After(now) {
			rooms = append(rooms, string(room))
		}
	}
	return rooms
}

// drop deletes everything that is stored of the rooms.
func (s *Store) drop(l *manifest, rooms []string) error {
	for _, room := range rooms {
		if err := s.dropRoom(l, room); err != nil {
			return err
		}
	}
	_, err := l.tx.Bucket(expiryBucket).NextSequence()
	return err
}

func (s *Store) dropRoom(l *manifest, room string) error {
	for _, of := range [][]byte{snapshotBucket, versionBucket} {
		if err := deleteBucket(l.tx.Bucket(of), []byte(room)); err != nil {
			return err
		}
	}
	if err := s.deleteRows(l, room, s.last); err != nil {
		return err
	}
	if err := deleteMark(l.tx, room); err != nil {
		return err
	}
	e, err := l.entry(wal.IDOf(room), room)
	if err != nil {
		return err
	}
	*e = entry{name: room}
	return l.tx.Bucket(expiryBucket).Delete([]byte(room))
}

// forget deletes rooms from the index if they are gone from the database: a commit that failed may
// be on the disk.
func (s *Store) forget(rooms []string) {
	drops := s.drops
	_ = guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			drops = tx.Bucket(expiryBucket).Sequence()
			return nil
		})
	})
	if drops == s.drops {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops = drops
	for _, room := range rooms {
		s.index.drop(wal.IDOf(room), s.last)
		delete(s.expiring, wal.IDOf(room))
	}
}
