package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// What a bucket of the bucket aside holds: whose it was, and what was stored.
var (
	asideRoom = []byte("room")
	asideTime = []byte("time")
	asideWhy  = []byte("why")
	asideRows = []byte("rows")     // a bucket: row key, part → part of a row
	asideSnap = []byte("snapshot") // a bucket that holds the room's bucket of snapshots
)

// SetAside moves what is stored of the room out of the way, in one transaction. Its
// versions stay.
func (s *Store) SetAside(ctx context.Context, room string) error {
	if err := persist.CheckRoom(room); err != nil {
		return err
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	damaged := false
	err := s.commit(nil, func(l *catalog) (err error) {
		damaged, err = s.setAside(l, room)
		return err
	})
	s.dropped([]string{room})
	if err == nil && damaged {
		s.counters.damaged.Add(-1)
	}
	return err
}

func (s *Store) setAside(l *catalog, room string) (damaged bool, err error) {
	id := wal.IDOf(room)
	e, err := l.of(id, room)
	if err != nil {
		return false, err
	}
	damaged = e.damaged
	b, err := newAside(l.tx, room, readDamage(l.tx.Bucket(damageBucket).Get(id[:])).Reason, s.keep.Clock())
	if err == nil {
		err = s.moveState(l.tx, b, room)
	}
	if err == nil {
		err = s.deleteRows(l, room, s.last)
	}
	if err != nil {
		return damaged, err
	}
	e.rows, e.snapshots, e.damaged = digest{}, digest{}, false
	if err := l.tx.Bucket(damageBucket).Delete(id[:]); err != nil {
		return damaged, err
	}
	_, err = l.tx.Bucket(expiryBucket).NextSequence() // readers look again
	return damaged, err
}

// newAside makes the bucket for what is set aside of a room.
func newAside(tx *bbolt.Tx, room, why string, now time.Time) (*bbolt.Bucket, error) {
	all := tx.Bucket(asideBucket)
	n, err := all.NextSequence()
	if err != nil {
		return nil, err
	}
	b, err := all.CreateBucket(binary.BigEndian.AppendUint64(nil, n))
	if err != nil {
		return nil, err
	}
	return b, errors.Join(b.Put(asideRoom, []byte(room)), b.Put(asideTime, appendTime(nil, now)), b.Put(asideWhy, []byte(why)))
}

// moveState moves the room's snapshot, and copies its rows.
func (s *Store) moveState(tx *bbolt.Tx, to *bbolt.Bucket, room string) error {
	if all := tx.Bucket(snapshotBucket); all.Bucket([]byte(room)) != nil {
		b, err := to.CreateBucket(asideSnap)
		if err != nil {
			return err
		}
		if err := all.MoveBucket([]byte(room), b); err != nil {
			return err
		}
	}
	rows, err := to.CreateBucket(asideRows)
	if err != nil {
		return err
	}
	id, journal := wal.IDOf(room), tx.Bucket(journalBucket)
	for _, seq := range s.covered(id, s.last) {
		key := wal.KeyOf(seq, id)
		if value := getParts(journal, key[:]); value != nil {
			if err := putParts(rows, key[:], value); err != nil {
				return err
			}
		}
	}
	return nil
}

// AsideRemains is what can be had of what was set aside under a number, its versions left out.
func (s *Store) AsideRemains(ctx context.Context, id uint64) (r Remains, err error) {
	if err := ctx.Err(); err != nil {
		return r, err
	}
	err = readError("", guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			b := tx.Bucket(asideBucket).Bucket(versionKey(id))
			if b == nil {
				return fs.ErrNotExist
			}
			r = readAside(b)
			return nil
		})
	}))
	return r, err
}

func readAside(b *bbolt.Bucket) Remains {
	r := Remains{Room: string(b.Get(asideRoom)), Reason: string(b.Get(asideWhy))}
	var through uint64
	if all := b.Bucket(asideSnap); all != nil {
		snapshot, covered, err := snapshotIn(all.Bucket([]byte(r.Room)), r.Room)
		r.Snapshot, r.Lost, through = snapshot, err != nil, covered
	}
	rows := b.Bucket(asideRows)
	c := rows.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if len(k) != keyLen+partLen || binary.BigEndian.Uint32(k[keyLen:]) != 0 {
			continue
		}
		one := wal.Row{Key: wal.Key(k[:keyLen])}
		one.Value = getParts(rows, one.Key[:])
		blob, err := one.Blob(r.Room)
		switch {
		case err != nil:
			r.LostRows++
		case one.Key.Seq() > through:
			r.Rows = append(r.Rows, blob)
		}
	}
	r.count()
	return r
}

// Forget deletes what was set aside under a number.
func (s *Store) Forget(ctx context.Context, id uint64) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	return s.commit(nil, func(l *catalog) error {
		all := l.tx.Bucket(asideBucket)
		if all.Bucket(versionKey(id)) == nil {
			return fs.ErrNotExist
		}
		return all.DeleteBucket(versionKey(id))
	})
}
