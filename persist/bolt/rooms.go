package bolt

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/decisions"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Rooms goes through the whole database, but reads only the lengths and the owners of snapshots
// and rows.
func (s *Store) Rooms(ctx context.Context) ([]persist.Room, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var l lister
	take := func() { l = lister{index: maps.Clone(s.index), pending: s.pending} }
	if err := s.read(ctx, "", take, l.list); err != nil {
		return nil, err
	}
	return l.sorted(), errors.Join(l.errs...)
}

// Room describes a room as Rooms does, and reads no other.
func (s *Store) Room(ctx context.Context, room string) (persist.Room, error) {
	if err := persist.CheckRoom(room); err != nil {
		return persist.Room{}, err
	}
	if err := ctx.Err(); err != nil {
		return persist.Room{}, err
	}
	var l loader
	described := persist.Room{Key: room}
	take := func() { l = loader{room: room, id: wal.IDOf(room)}; l.take(s) }
	err := s.read(ctx, room, take, func(tx *bbolt.Tx) error {
		described = l.describe(tx)
		return nil
	})
	return described, err
}

// describe describes the room.
func (l *loader) describe(tx *bbolt.Tx) persist.Room {
	r := persist.Room{Key: l.room, Snapshot: -1}
	var through uint64
	if b := tx.Bucket(snapshotBucket).Bucket([]byte(l.room)); b != nil {
		if head := b.Get(headKey); len(head) == headLen {
			through = binary.BigEndian.Uint64(head)
		}
		r.Saved, r.Snapshot = savedAt(b), sizeOfBlob(b, blobPrefix)
	}
	r.Versions = len(versionsIn(tx, l.room))
	r.Expires = readTime(tx.Bucket(expiryBucket).Get([]byte(l.room)))
	for _, seq := range l.seqs {
		if seq > through {
			r.Rows++
		}
	}
	for _, row := range l.pending {
		if row.Key.Room() == l.id && row.Key.Seq() > through {
			r.Rows++
			r.Expires = time.Time{}
		}
	}
	return r
}

// LoadDecisions reads all decisions. Open has reported, and dropped, those that were damaged then.
func (s *Store) LoadDecisions(ctx context.Context) ([]persist.Decision, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var x decisions.Set
	err := readError("", guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error { x = decisionPlace.Read(tx); return nil })
	}))
	if found := x.Damage(time.Time{}); err == nil && len(found) > 0 {
		err = fmt.Errorf("%w: %s", persist.ErrCorrupt, found[0].Reason)
	}
	return x.All, err
}

// lister is one call of Rooms under way.
type lister struct {
	index   index // its numbers are shared with the store, and never change
	pending []wal.Row

	rooms   map[wal.RoomID]*persist.Room
	through map[wal.RoomID]uint64
	errs    []error
}

func (l *lister) list(tx *bbolt.Tx) error {
	l.rooms, l.through = map[wal.RoomID]*persist.Room{}, map[wal.RoomID]uint64{}
	if err := l.snapshots(tx.Bucket(snapshotBucket)); err != nil {
		return err
	}
	if err := l.versions(tx.Bucket(versionBucket)); err != nil {
		return err
	}
	l.rows(tx.Bucket(journalBucket))
	if err := l.expiries(tx.Bucket(expiryBucket)); err != nil {
		return err
	}
	l.unwritten()
	return nil
}

func (l *lister) room(key string) *persist.Room {
	id := wal.IDOf(key)
	if l.rooms[id] == nil {
		l.rooms[id] = &persist.Room{Key: key, Snapshot: -1}
	}
	return l.rooms[id]
}

func (l *lister) snapshots(all *bbolt.Bucket) error {
	return all.ForEachBucket(func(key []byte) error {
		b, r := all.Bucket(key), l.room(string(key))
		if head := b.Get(headKey); len(head) == headLen {
			l.through[wal.IDOf(r.Key)] = binary.BigEndian.Uint64(head)
		}
		r.Saved, r.Snapshot = savedAt(b), sizeOfBlob(b, blobPrefix)
		return nil
	})
}

func (l *lister) versions(all *bbolt.Bucket) error {
	return all.ForEachBucket(func(key []byte) error {
		return all.Bucket(key).ForEachBucket(func([]byte) error {
			l.room(string(key)).Versions++
			return nil
		})
	})
}

// rows counts the rows in the database. Only the rows themselves have their rooms' keys.
func (l *lister) rows(journal *bbolt.Bucket) {
	for id, seqs := range l.index {
		r := l.rooms[id]
		if r == nil {
			key := wal.KeyOf(seqs[0], id)
			first := wal.Row{Key: key, Value: journal.Get(chunkKey(key[:], 0))}
			name, _, _ := first.Parse() // Load checks the rest
			if name == "" || wal.IDOf(name) != id {
				l.errs = append(l.errs, &persist.CorruptError{Seq: seqs[0], Reason: "its room is not known"})
				continue
			}
			r = l.room(name)
		}
		for _, seq := range seqs {
			if seq > l.through[id] {
				r.Rows++
			}
		}
	}
}

func (l *lister) expiries(b *bbolt.Bucket) error {
	return b.ForEach(func(key, at []byte) error {
		l.room(string(key)).Expires = readTime(at)
		return nil
	})
}

// unwritten adds the rows that may not be in the database.
func (l *lister) unwritten() {
	for _, r := range l.pending {
		name, _, _ := r.Parse()
		if room := l.room(name); r.Key.Seq() > l.through[r.Key.Room()] {
			room.Rows++
			room.Expires = time.Time{}
		}
	}
}

func (l *lister) sorted() (rooms []persist.Room) {
	for _, r := range l.rooms {
		rooms = append(rooms, *r)
	}
	slices.SortFunc(rooms, func(a, b persist.Room) int { return cmp.Compare(a.Key, b.Key) })
	return rooms
}
