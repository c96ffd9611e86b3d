package bolt

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// maxDrops is how many rooms one commit drops at most, as every Append waits for it.
const maxDrops = 32

// cancelExpiry takes a room's expiry back, if it has one.
func (s *Store) cancelExpiry(l *manifest, id wal.RoomID) error {
	room, ok := s.expiring[id]
	if !ok {
		return nil
	}
	e, err := l.of(id, room)
	if err != nil {
		return err
	}
	e.expires = 0
	return l.tx.Bucket(expiryBucket).Delete([]byte(room))
}

func (s *Store) cancelExpiries(l *manifest, rows []wal.Row) error {
	for _, r := range rows {
		if err := s.cancelExpiry(l, r.Key.Room()); err != nil {
			return err
		}
	}
	return nil
}

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
	return s.commit(nil, func(l *manifest) error {
		e, err := l.of(id, room)
		if err != nil || e.empty() {
			return err
		}
		e.expires = millis(at)
		s.expiring[id] = room // whatever comes: a failed commit may be on the disk
		return l.tx.Bucket(expiryBucket).Put([]byte(room), appendTime(nil, at))
	})
}

// DropExpired drops some rooms at a time.
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
		due = dueIn(l.tx, now) // without those of pending rows
		return s.drop(l, due)
	})
	if s.dropped(due); err != nil {
		return 0, err
	}
	return len(due), nil
}

// due lists rooms whose time has come, as far as the database knows.
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

// drop removes all that is stored for the rooms.
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
	e, err := l.of(wal.IDOf(room), room)
	if err != nil {
		return err
	}
	*e = entry{name: room}
	return l.tx.Bucket(expiryBucket).Delete([]byte(room))
}

// dropped has the index forget the rooms if the database has: a commit that failed
// may be on the disk.
func (s *Store) dropped(rooms []string) {
	drops := s.drops
	_ = guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error { drops = tx.Bucket(expiryBucket).Sequence(); return nil })
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
