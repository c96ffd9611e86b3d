package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/digest"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

func digestOfRow(r wal.Row) digest.Digest                  { return digest.Of(r.Key[:], r.Sum()) }
func digestOfSnapshot(room string, h []byte) digest.Digest { return digest.Of([]byte(room), h) }
func digestOfVersion(room string, id, h []byte) digest.Digest {
	return digest.Of([]byte(room), id, h[:min(versionHeadLen, len(h))])
}

// entry is one room's in the manifest. It is written in each transaction that changes the room,
// and shows what is missing when the store is opened.
type entry struct {
	name                      string // the room's key; empty: lost by damage
	rows, snapshots, versions digest.Digest
	expires                   uint64 // ms since 1970; 0: never
	damaged                   bool   // there is a record in the bucket damage
}

const entryLen = sumLen + 7*8 + 1

var errEntry = errors.New("entry is damaged")

// fields returns the numbers of an entry, in the order in which they are stored.
func (e *entry) fields() [7]*uint64 {
	return [...]*uint64{&e.rows.N, &e.rows.Sum, &e.snapshots.N, &e.snapshots.Sum,
		&e.versions.N, &e.versions.Sum, &e.expires}
}

// encode returns a checksum over the room's id and all that follows, the fields, whether the room
// is damaged, and the name.
func (e *entry) encode(id wal.RoomID) []byte {
	b := make([]byte, sumLen, entryLen+len(e.name))
	for _, n := range e.fields() {
		b = binary.BigEndian.AppendUint64(b, *n)
	}
	flag := byte(0)
	if e.damaged {
		flag = 1
	}
	b = append(append(b, flag), e.name...)
	binary.BigEndian.PutUint32(b, wal.Checksum(id[:], b[sumLen:]))
	return b
}

func decodeEntry(id wal.RoomID, b []byte) (e entry, err error) {
	if len(b) < entryLen || wal.Checksum(id[:], b[sumLen:]) != binary.BigEndian.Uint32(b) {
		return entry{}, errEntry
	}
	b = b[sumLen:]
	for i, n := range e.fields() {
		*n = binary.BigEndian.Uint64(b[8*i:])
	}
	e.damaged, e.name = b[56] != 0, string(b[57:])
	return e, nil
}

// empty reports whether the room needs no entry.
func (e *entry) empty() bool {
	return e.rows.N == 0 && e.snapshots.N == 0 && e.versions.N == 0 && e.expires == 0 && !e.damaged
}

// sums are the sums of the whole store. Entries have sums of their own, apart from those of the
// data that they are for, so that damage in one place leaves it provable that everything else is
// there.
type sums struct {
	last                             uint64 // newest sequence number given out
	commits                          uint64 // how many transactions there were
	rooms, rows, snapshots, versions digest.Digest
}

func (s *sums) add(id wal.RoomID, e *entry) {
	s.rooms.Add(digest.Of(id[:], e.encode(id)))
	s.rows.Add(e.rows)
	s.snapshots.Add(e.snapshots)
	s.versions.Add(e.versions)
}

func (s *sums) remove(id wal.RoomID, e *entry) {
	s.rooms.Remove(digest.Of(id[:], e.encode(id)))
	s.rows.Remove(e.rows)
	s.snapshots.Remove(e.snapshots)
	s.versions.Remove(e.versions)
}

func (s *sums) fields() [10]*uint64 {
	return [...]*uint64{&s.last, &s.commits, &s.rooms.N, &s.rooms.Sum, &s.rows.N, &s.rows.Sum,
		&s.snapshots.N, &s.snapshots.Sum, &s.versions.N, &s.versions.Sum}
}

const sumsLen = sumLen + 10*8

func (s *sums) encode() []byte {
	b := make([]byte, sumLen, sumsLen)
	for _, n := range s.fields() {
		b = binary.BigEndian.AppendUint64(b, *n)
	}
	binary.BigEndian.PutUint32(b, wal.Checksum(b[sumLen:]))
	return b
}

func decodeSums(b []byte) (s sums, ok bool) {
	if len(b) != sumsLen || wal.Checksum(b[sumLen:]) != binary.BigEndian.Uint32(b) {
		return s, false
	}
	for i, n := range s.fields() {
		*n = binary.BigEndian.Uint64(b[sumLen+8*i:])
	}
	return s, true
}

// manifest is the list of rooms in one transaction. Its method write writes the entries that were
// changed.
type manifest struct {
	tx      *bbolt.Tx
	sums    sums
	changed map[wal.RoomID]*entry
}

func readManifest(tx *bbolt.Tx) *manifest {
	s, _ := decodeSums(tx.Bucket(metaBucket).Get(sumsKey)) // Open replaced damaged ones
	return &manifest{tx: tx, sums: s, changed: map[wal.RoomID]*entry{}}
}

// entry returns the room's entry, to be changed. One that was damaged since the store was opened
// fails the transaction: opening the store again replaces it.
func (l *manifest) entry(id wal.RoomID, name string) (*entry, error) {
	if e := l.changed[id]; e != nil {
		return e, nil
	}
	e := new(entry)
	if stored := l.tx.Bucket(roomBucket).Get(id[:]); stored != nil {
		var err error
		if *e, err = decodeEntry(id, stored); err != nil {
			return nil, fmt.Errorf("%w: list of rooms: %w", persist.ErrCorrupt, err)
		}
		l.sums.remove(id, e)
	}
	if e.name == "" {
		e.name = name
	}
	l.changed[id] = e
	return e, nil
}

// write writes the entries that were changed, and the sums.
func (l *manifest) write(last uint64) error {
	b := l.tx.Bucket(roomBucket)
	byID := func(a, b wal.RoomID) int { return slices.Compare(a[:], b[:]) }
	for _, id := range slices.SortedFunc(maps.Keys(l.changed), byID) {
		e := l.changed[id]
		if e.empty() {
			if err := b.Delete(id[:]); err != nil {
				return err
			}
			continue
		}
		l.sums.add(id, e)
		if err := b.Put(id[:], e.encode(id)); err != nil {
			return err
		}
	}
	l.sums.last = last
	l.sums.commits++
	return l.tx.Bucket(metaBucket).Put(sumsKey, l.sums.encode())
}

// millis returns t in milliseconds since 1970, 0 for the zero time.
func millis(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixMilli())
}
