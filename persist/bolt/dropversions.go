package bolt

import (
	"bytes"
	"context"
	"time"

	"go.etcd.io/bbolt"
)

// maxSwept is at how many rooms one call of DropVersions looks.
const maxSwept = 1000

// DropVersions deletes versions that are too old, of up to maxDrops rooms in a transaction. It
// reads the heads of the versions of maxSwept rooms, and goes on after them at the next call.
func (s *Store) DropVersions(ctx context.Context, now time.Time) (versions int, err error) {
	if err := ctx.Err(); err != nil || s.keep().MaxAge <= 0 {
		return 0, err
	}
	var rooms []string
	err = readError("", guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error { rooms = s.aged(tx, now); return nil })
	}))
	for len(rooms) > 0 && err == nil {
		n := min(len(rooms), maxDrops)
		var some int
		some, err = s.dropVersions(ctx, rooms[:n], now)
		versions, rooms = versions+some, rooms[n:]
	}
	return versions, err
}

// aged returns the rooms of which versions are to be deleted, among those that are looked at next.
func (s *Store) aged(tx *bbolt.Tx, now time.Time) (rooms []string) {
	s.sweepMu.Lock()
	defer s.sweepMu.Unlock()
	c := tx.Bucket(versionBucket).Cursor()
	k, _ := c.Seek(s.swept)
	if bytes.Equal(k, s.swept) && k != nil {
		k, _ = c.Next()
	}
	for range maxSwept {
		if k == nil {
			s.swept = nil
			return rooms
		}
		if room := string(k); len(s.keep().Surplus(now, versionsIn(tx, room))) > 0 {
			rooms = append(rooms, room)
		}
		s.swept = bytes.Clone(k)
		k, _ = c.Next()
	}
	return rooms
}

func (s *Store) dropVersions(
	ctx context.Context, rooms []string, now time.Time,
) (versions int, err error) {
	if err := s.acquire(ctx); err != nil {
		return 0, err
	}
	defer s.release()
	err = s.commit(nil, func(l *manifest) error {
		versions = 0
		for _, room := range rooms {
			old := s.keep().Surplus(now, versionsIn(l.tx, room))
			if err := deleteVersions(l, room, old); err != nil {
				return err
			}
			versions += len(old)
		}
		return nil
	})
	if err != nil {
		versions = 0
	}
	return versions, err
}
