package bolt

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
)

// maxDrops is how many rooms one commit drops at most, as every Append waits for it.
const maxDrops = 32

// scanExpiries returns which rooms have an expiry, and how often rooms were dropped.
func scanExpiries(db *bbolt.DB) (expiring map[roomID]string, drops uint64, err error) {
	expiring = map[roomID]string{}
	err = guard(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			b := tx.Bucket(expiryBucket)
			drops = b.Sequence()
			return b.ForEach(func(room, _ []byte) error {
				expiring[idOf(string(room))] = string(room)
				return nil
			})
		})
	})
	return expiring, drops, err
}

// stay takes a room's expiry back, if it has one.
func (s *Store) stay(tx *bbolt.Tx, id roomID) error {
	room, ok := s.expiring[id]
	if !ok {
		return nil
	}
	return tx.Bucket(expiryBucket).Delete([]byte(room))
}

func (s *Store) stayAll(tx *bbolt.Tx, rows []row) error {
	for _, r := range rows {
		if err := s.stay(tx, r.key.room()); err != nil {
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
	id := idOf(room)
	if _, expiring := s.expiring[id]; at.IsZero() && !expiring {
		return nil
	}
	if at.IsZero() {
		err := s.commit(nil, func(tx *bbolt.Tx) error { return s.stay(tx, id) })
		if err == nil {
			delete(s.expiring, id)
		}
		return err
	}
	return s.commit(nil, func(tx *bbolt.Tx) error {
		if !s.has(tx, room, id) {
			return nil
		}
		s.expiring[id] = room // whatever comes: a failed commit may be on the disk
		return tx.Bucket(expiryBucket).Put([]byte(room), appendTime(nil, at))
	})
}

// has says whether anything is stored for the room. Pending rows are in the transaction.
func (s *Store) has(tx *bbolt.Tx, room string, id roomID) bool {
	return tx.Bucket(snapshotBucket).Bucket([]byte(room)) != nil || tx.Bucket(versionBucket).Bucket([]byte(room)) != nil ||
		len(s.covered(id, s.last)) > 0
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
	err = s.commit(nil, func(tx *bbolt.Tx) error {
		due = dueIn(tx, now) // without those of pending rows
		return s.drop(tx, due)
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
func (s *Store) drop(tx *bbolt.Tx, rooms []string) error {
	for _, room := range rooms {
		for _, of := range [][]byte{snapshotBucket, versionBucket} {
			if err := deleteBucket(tx.Bucket(of), []byte(room)); err != nil {
				return err
			}
		}
		id := idOf(room)
		if err := deleteRows(tx, id, s.covered(id, s.last)); err != nil {
			return err
		}
		if err := tx.Bucket(expiryBucket).Delete([]byte(room)); err != nil {
			return err
		}
	}
	_, err := tx.Bucket(expiryBucket).NextSequence()
	return err
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
		s.index.drop(idOf(room), s.last)
		delete(s.expiring, idOf(room))
	}
}
