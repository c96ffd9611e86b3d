package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
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
	err := s.commit(nil, func(l *ledger) (err error) {
		damaged, err = s.setAside(l, room)
		return err
	})
	s.dropped([]string{room})
	if err == nil && damaged {
		s.counters.damaged.Add(-1)
	}
	return err
}

func (s *Store) setAside(l *ledger, room string) (damaged bool, err error) {
	id := idOf(room)
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
	e.rows, e.snapshots, e.damaged = tally{}, tally{}, false
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
	id, journal := idOf(room), tx.Bucket(journalBucket)
	for _, seq := range s.covered(id, s.last) {
		key := keyOf(seq, id)
		if value := getParts(journal, key[:]); value != nil {
			if err := putParts(rows, key[:], value); err != nil {
				return err
			}
		}
	}
	return nil
}

// Remains is what can be had of a room, whether it can be loaded or not.
func (s *Store) Remains(ctx context.Context, room string) (r Remains, err error) {
	if err := persist.CheckRoom(room); err != nil {
		return r, err
	}
	l := loader{room: room, id: idOf(room)}
	err = s.read(ctx, room, func() { l.seqs, l.pending = s.index.of(l.id), s.pending }, func(tx *bbolt.Tx) error {
		why := ""
		if err := damageOf(tx, l.id, room); err != nil {
			why = err.Error()
		}
		r = remains(tx, l.id, room, l.seqs, why)
		for _, row := range l.pendingRows(0) {
			if blob, err := row.blobOf(room); err == nil {
				r.Rows = append(r.Rows, blob)
			}
		}
		return nil
	})
	return r, err
}
