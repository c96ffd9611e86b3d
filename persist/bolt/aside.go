package bolt

import (
	"context"
	"encoding/binary"
	"slices"

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
	err := s.commit(nil, func(l *ledger) error { return s.setAside(l, room) })
	s.dropped([]string{room})
	return err
}

func (s *Store) setAside(l *ledger, room string) error {
	id := idOf(room)
	e, err := l.of(id, room)
	if err != nil {
		return err
	}
	all := l.tx.Bucket(asideBucket)
	n, err := all.NextSequence()
	if err != nil {
		return err
	}
	b, err := all.CreateBucket(binary.BigEndian.AppendUint64(nil, n))
	if err != nil {
		return err
	}
	why := readDamage(l.tx.Bucket(damageBucket).Get(id[:])).Reason
	for _, kv := range [][2][]byte{{asideRoom, []byte(room)}, {asideTime, appendTime(nil, s.keep.Clock())}, {asideWhy, []byte(why)}} {
		if err := b.Put(kv[0], kv[1]); err != nil {
			return err
		}
	}
	if err := s.moveState(l.tx, b, room); err != nil {
		return err
	}
	if err := s.deleteRows(l, room, s.last); err != nil {
		return err
	}
	e.rows, e.snapshots, e.damaged = tally{}, tally{}, false
	if err := l.tx.Bucket(damageBucket).Delete(id[:]); err != nil {
		return err
	}
	_, err = l.tx.Bucket(expiryBucket).NextSequence() // readers look again
	return err
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

// Damage lists what was found when the store was opened.
func (s *Store) Damage() []persist.Damage { return slices.Clone(s.damage) }
