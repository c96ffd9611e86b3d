package bolt

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// findings is the result of scan. Every row is read and checked, of snapshots
// and versions only the head.
type findings struct {
	index  index
	rooms  map[wal.RoomID]*entry // as an undamaged manifest would have them
	faults map[wal.RoomID]persist.Damage
	last   uint64 // the newest sequence number found

	commits uint64
	expiry  map[wal.RoomID]string
	drops   uint64 // how often rooms were dropped
}

// scan goes through the whole database.
func scan(tx *bbolt.Tx) (*findings, error) {
	f := &findings{index: index{}, rooms: map[wal.RoomID]*entry{},
		faults: map[wal.RoomID]persist.Damage{}, expiry: map[wal.RoomID]string{}}
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

// fault records the first damage of a room.
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

// row adds a row. A damaged one is a fault of every room that it may have belonged to.
func (f *findings) row(b *bbolt.Bucket, key wal.Key) {
	r := wal.Row{Key: key, Value: getBlob(b, key[:])}
	id := key.Room()
	name, _, err := r.Parse()
	if err == nil && wal.IDOf(name) != id {
		err = wal.ErrOtherRoom
	}
	e := f.room(id, name)
	e.rows.Add(digestOfRow(r))
	f.index.add(id, key.Seq())
	if err == nil {
		return
	}
	f.fault(persist.Damage{Room: e.name, Seq: key.Seq(), Reason: err.Error()}, id)
	if name != "" && wal.IDOf(name) != id && len(name) <= persist.MaxRoom {
		d := persist.Damage{Room: strings.Clone(name), Seq: key.Seq(), Reason: err.Error()}
		f.fault(d, wal.IDOf(name))
	}
}

func (f *findings) snapshots(all *bbolt.Bucket) error {
	return all.ForEachBucket(func(key []byte) error {
		name := string(key)
		head := all.Bucket(key).Get(headKey)
		f.room(wal.IDOf(name), name).snapshots.Add(digestOfSnapshot(name, head))
		return nil
	})
}

func (f *findings) versions(all *bbolt.Bucket) error {
	return all.ForEachBucket(func(key []byte) error {
		of := all.Bucket(key)
		return of.ForEachBucket(func(id []byte) error {
			name := string(key)
			head := of.Bucket(id).Get(headKey)
			f.room(wal.IDOf(name), name).versions.Add(digestOfVersion(name, id, head))
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

// totals returns the sums of a store with these rooms.
func totals(rooms map[wal.RoomID]*entry) (s sums) {
	for id, e := range rooms {
		s.add(id, e)
	}
	return s
}

// list replaces the manifest.
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

// differs describes how the data found of a room differs from its entry in the manifest; empty if
// it does not.
func (e *entry) differs(found *entry) string {
	switch {
	case e.rows != found.rows && e.rows.N != found.rows.N:
		return fmt.Sprintf("%d rows of its journal are there, %d were stored", found.rows.N, e.rows.N)
	case e.rows != found.rows:
		return "rows of its journal are not those that were stored"
	case e.snapshots.N > found.snapshots.N:
		return "its snapshot is missing"
	case e.snapshots != found.snapshots:
		return "its snapshot is not the one that was stored"
	}
	return ""
}

// index has the sequence numbers of each room's rows in the database, ascending.
type index map[wal.RoomID][]uint64

func (x index) add(id wal.RoomID, seq uint64) { x[id] = append(x[id], seq) }

func (x index) of(id wal.RoomID) []uint64 { return slices.Clone(x[id]) }

// covered returns the room's numbers up to and including through.
func (x index) covered(id wal.RoomID, through uint64) []uint64 {
	return slices.Clone(x[id][:x.upTo(id, through)])
}

// drop deletes the room's numbers up to and including through.
func (x index) drop(id wal.RoomID, through uint64) {
	if rest := x[id][x.upTo(id, through):]; len(rest) > 0 {
		x[id] = rest
	} else {
		delete(x, id)
	}
}

func (x index) upTo(id wal.RoomID, through uint64) int {
	n, found := slices.BinarySearch(x[id], through)
	if found {
		n++
	}
	return n
}
