package bolt

import (
	"encoding/binary"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// findings are what the database holds, as a walk through all of it finds it: every row
// is read and checked, of snapshots and versions only what stands at their head.
type findings struct {
	index  index
	rooms  map[wal.RoomID]*entry // as an undamaged list would have them
	faults map[wal.RoomID]persist.Damage
	last   uint64 // the newest number found

	commits uint64
	expiry  map[wal.RoomID]string
	drops   uint64 // how often rooms were dropped
}

// scan walks through the database.
func scan(tx *bbolt.Tx) (*findings, error) {
	f := &findings{index: index{}, rooms: map[wal.RoomID]*entry{}, faults: map[wal.RoomID]persist.Damage{}, expiry: map[wal.RoomID]string{}}
	f.journal(tx.Bucket(journalBucket))
	if err := f.snapshots(tx.Bucket(snapshotBucket)); err != nil {
		return nil, err
	}
	if err := f.versions(tx.Bucket(versionBucket)); err != nil {
		return nil, err
	}
	return f, f.expiries(tx.Bucket(expiryBucket))
}

func (f *findings) room(id wal.RoomID, name string) *entry {
	e := f.rooms[id]
	if e == nil {
		e = new(entry)
		f.rooms[id] = e
	}
	if e.name == "" && wal.IDOf(name) == id {
		e.name = strings.Clone(name)
	}
	return e
}

// fault notes the first thing that is wrong with a room.
func (f *findings) fault(d persist.Damage, id wal.RoomID) {
	if _, known := f.faults[id]; !known {
		f.faults[id] = d
	}
}

func (f *findings) journal(b *bbolt.Bucket) {
	f.last = b.Sequence()
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if len(k) == keyLen+chunkLen && binary.BigEndian.Uint32(k[keyLen:]) == 0 {
			f.row(b, wal.Key(k[:keyLen]))
		}
	}
}

// row enters a row. One that is damaged is a fault of every room whose it may have been.
func (f *findings) row(b *bbolt.Bucket, key wal.Key) {
	r := wal.Row{Key: key, Value: getBlob(b, key[:])}
	id := key.Room()
	name, _, err := r.Parse()
	if err == nil && wal.IDOf(name) != id {
		err = wal.ErrOtherRoom
	}
	e := f.room(id, name)
	e.rows.add(digestOfRow(r))
	f.index.add(id, key.Seq())
	if err == nil {
		return
	}
	f.fault(persist.Damage{Room: e.name, Seq: key.Seq(), Reason: err.Error()}, id)
	if name != "" && wal.IDOf(name) != id && len(name) <= persist.MaxRoom {
		f.fault(persist.Damage{Room: strings.Clone(name), Seq: key.Seq(), Reason: err.Error()}, wal.IDOf(name))
	}
}

func (f *findings) snapshots(all *bbolt.Bucket) error {
	return all.ForEachBucket(func(key []byte) error {
		id := wal.IDOf(string(key))
		f.room(id, string(key)).snapshots.add(digestOfSnapshot(string(key), all.Bucket(key).Get(headKey)))
		return nil
	})
}

func (f *findings) versions(all *bbolt.Bucket) error {
	return all.ForEachBucket(func(key []byte) error {
		of := all.Bucket(key)
		return of.ForEachBucket(func(id []byte) error {
			f.room(wal.IDOf(string(key)), string(key)).versions.add(digestOfVersion(string(key), id, of.Bucket(id).Get(headKey)))
			return nil
		})
	})
}

func (f *findings) expiries(b *bbolt.Bucket) error {
	f.drops = b.Sequence()
	return b.ForEach(func(key, at []byte) error {
		id := wal.IDOf(string(key))
		f.expiry[id] = string(key)
		if e := f.rooms[id]; e != nil && len(at) == timeLen {
			e.expires = binary.BigEndian.Uint64(at)
		}
		return nil
	})
}

// totals are what the sums of the store would be.
func totals(rooms map[wal.RoomID]*entry) (s sums) {
	for id, e := range rooms {
		s.add(id, e)
	}
	return s
}

// list writes the list of rooms anew.
func (f *findings) list(tx *bbolt.Tx) error {
	if err := tx.DeleteBucket(roomBucket); err != nil {
		return err
	}
	b, err := tx.CreateBucket(roomBucket)
	if err != nil {
		return err
	}
	for id, e := range f.rooms {
		if d, faulty := f.faults[id]; faulty && !e.damaged {
			e.damaged = true
			if err := putDamage(tx, id, d); err != nil {
				return err
			}
		}
		if err := b.Put(id[:], e.encode(id)); err != nil {
			return err
		}
	}
	s := totals(f.rooms)
	s.last, s.commits = f.last, f.commits+1
	return tx.Bucket(metaBucket).Put(sumsKey, s.encode())
}

// differs says in words how what was found of a room is not what the list says; empty if it is.
func (e *entry) differs(found *entry) string {
	switch {
	case e.rows != found.rows && e.rows.n != found.rows.n:
		return fmt.Sprintf("%d rows of its journal are there, %d were stored", found.rows.n, e.rows.n)
	case e.rows != found.rows:
		return "rows of its journal are not those that were stored"
	case e.snapshots.n > found.snapshots.n:
		return "its snapshot is missing"
	case e.snapshots != found.snapshots:
		return "its snapshot is not the one that was stored"
	}
	return ""
}
