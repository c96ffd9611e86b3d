package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/digest"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Keys in a quarantined room's bucket.
var (
	quarantineRoom     = []byte("room")
	quarantineTime     = []byte("time")
	quarantineReason   = []byte("why")
	quarantineRows     = []byte("rows")     // a bucket: row key, chunk → chunk of a row
	quarantineSnapshot = []byte("snapshot") // a bucket that holds the room's snapshot's bucket
)

// Quarantine moves the room's snapshot and rows to the quarantine, in one transaction. Its versions
// stay.
func (s *Store) Quarantine(ctx context.Context, room string) error {
	if err := persist.CheckRoom(room); err != nil {
		return err
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	damaged := false
	err := s.commit(nil, func(l *manifest) (err error) {
		damaged, err = s.quarantine(l, room)
		return err
	})
	s.forget([]string{room})
	if err == nil && damaged {
		s.counters.damaged.Add(-1)
	}
	return err
}

func (s *Store) quarantine(l *manifest, room string) (damaged bool, err error) {
	id := wal.IDOf(room)
	e, err := l.entry(id, room)
	if err != nil {
		return false, err
	}
	damaged = e.damaged
	d := readDamage(l.tx.Bucket(damageBucket).Get(id[:]))
	b, err := newQuarantine(l.tx, room, d.Reason, s.keep().Clock())
	if err == nil {
		err = s.moveState(l.tx, b, room)
	}
	if err == nil {
		err = s.deleteRows(l, room, s.last)
	}
	if err != nil {
		return damaged, err
	}
	e.rows, e.snapshots, e.damaged = digest.Digest{}, digest.Digest{}, false
	if err := l.tx.Bucket(damageBucket).Delete(id[:]); err != nil {
		return damaged, err
	}
	_, err = l.tx.Bucket(expiryBucket).NextSequence() // readers read again
	return damaged, err
}

// newQuarantine makes the bucket for a room that is quarantined.
func newQuarantine(tx *bbolt.Tx, room, why string, now time.Time) (*bbolt.Bucket, error) {
	all := tx.Bucket(quarantineBucket)
	n, err := all.NextSequence()
	if err != nil {
		return nil, err
	}
	b, err := all.CreateBucket(binary.BigEndian.AppendUint64(nil, n))
	if err != nil {
		return nil, err
	}
	return b, errors.Join(
		b.Put(quarantineRoom, []byte(room)),
		b.Put(quarantineTime, appendTime(nil, now)),
		b.Put(quarantineReason, []byte(why)),
	)
}

// moveState moves the room's snapshot, and copies its rows.
func (s *Store) moveState(tx *bbolt.Tx, to *bbolt.Bucket, room string) error {
	if all := tx.Bucket(snapshotBucket); all.Bucket([]byte(room)) != nil {
		b, err := to.CreateBucket(quarantineSnapshot)
		if err != nil {
			return err
		}
		if err := all.MoveBucket([]byte(room), b); err != nil {
			return err
		}
	}
	rows, err := to.CreateBucket(quarantineRows)
	if err != nil {
		return err
	}
	id, journal := wal.IDOf(room), tx.Bucket(journalBucket)
	for _, seq := range s.covered(id, s.last) {
		key := wal.KeyOf(seq, id)
		if value := getBlob(journal, key[:]); value != nil {
			if err := putBlob(rows, key[:], value); err != nil {
				return err
			}
		}
	}
	return nil
}

// Quarantined returns the undamaged data of the room that was quarantined under a number, or
// fs.ErrNotExist. Versions are left out.
func (s *Store) Quarantined(ctx context.Context, id uint64) (r Recoverable, err error) {
	if err := ctx.Err(); err != nil {
		return r, err
	}
	err = readError("", guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			b := tx.Bucket(quarantineBucket).Bucket(versionKey(id))
			if b == nil {
				return fs.ErrNotExist
			}
			r = readQuarantined(b)
			return nil
		})
	}))
	return r, err
}

func readQuarantined(b *bbolt.Bucket) Recoverable {
	r := Recoverable{Room: string(b.Get(quarantineRoom)), Reason: string(b.Get(quarantineReason))}
	var through uint64
	if all := b.Bucket(quarantineSnapshot); all != nil {
		snapshot, covered, err := snapshotIn(all.Bucket([]byte(r.Room)), r.Room)
		r.Snapshot, r.Lost, through = snapshot, err != nil, covered
	}
	rows := b.Bucket(quarantineRows)
	c := rows.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if len(k) != keyLen+chunkLen || binary.BigEndian.Uint32(k[keyLen:]) != 0 {
			continue
		}
		one := wal.Row{Key: wal.Key(k[:keyLen])}
		one.Value = getBlob(rows, one.Key[:])
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

// DeleteQuarantined deletes the room that was quarantined under a number.
func (s *Store) DeleteQuarantined(ctx context.Context, id uint64) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	return s.commit(nil, func(l *manifest) error {
		all := l.tx.Bucket(quarantineBucket)
		if all.Bucket(versionKey(id)) == nil {
			return fs.ErrNotExist
		}
		return all.DeleteBucket(versionKey(id))
	})
}
