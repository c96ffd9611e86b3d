package bolt

import (
	"errors"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/backupfile"
	"github.com/civicpress/civic-realtime/persist/bolt/digest"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// moment is the store at one time: the database, and the rows that were in the log alone.
type moment struct {
	tx      *bbolt.Tx
	index   index // rows in the database
	pending map[wal.RoomID][]wal.Row
	ids     []wal.RoomID // of the rooms in pending, ascending
	last    uint64       // newest sequence number given out
}

// now returns the store as it is. The caller is the writer, and must end the transaction.
func (s *Store) now() (*moment, error) {
	m := &moment{index: maps.Clone(s.index), pending: map[wal.RoomID][]wal.Row{}, last: s.last}
	for _, r := range s.pending {
		m.pending[r.Key.Room()] = append(m.pending[r.Key.Room()], r)
	}
	m.ids = slices.SortedFunc(maps.Keys(m.pending), compareIDs)
	var err error
	m.tx, err = s.db.Begin(false)
	return m, err
}

func compareIDs(a, b wal.RoomID) int { return slices.Compare(a[:], b[:]) }

// next returns the first room after one, or the first of all.
func (m *moment) next(after *wal.RoomID) (id wal.RoomID, found bool) {
	c := m.tx.Bucket(roomBucket).Cursor()
	k, _ := c.First()
	waiting := m.ids
	if after != nil {
		if k, _ = c.Seek(after[:]); slices.Equal(k, after[:]) {
			k, _ = c.Next()
		}
		n, same := slices.BinarySearchFunc(m.ids, *after, compareIDs)
		if same {
			n++
		}
		waiting = m.ids[n:]
	}
	if len(k) == idLen {
		id, found = wal.RoomID(k), true
	}
	if len(waiting) > 0 && (!found || compareIDs(waiting[0], id) < 0) {
		return waiting[0], true
	}
	return id, found
}

// entry returns the room's entry of the manifest, as if the pending rows were in the database.
func (m *moment) entry(id wal.RoomID) (e entry, err error) {
	if stored := m.tx.Bucket(roomBucket).Get(id[:]); stored != nil {
		if e, err = decodeEntry(id, stored); err != nil {
			return e, err
		}
	}
	for _, r := range m.pending[id] {
		if e.rows.Add(digestOfRow(r)); e.name == "" {
			e.name = r.Owner()
		}
		e.expires = 0
	}
	return e, nil
}

// room writes everything that is stored of a room but its entry and its versions, and returns the
// first fault in it.
func (m *moment) room(out *backupfile.Writer, id wal.RoomID, e *entry) (fault error) {
	name := []byte(e.name)
	if b := m.tx.Bucket(snapshotBucket).Bucket(name); b != nil {
		copyBucket(out, b, snapshotBucket, name)
		_, _, fault = snapshotIn(b, e.name)
	}
	fault = errors.Join(fault, m.rows(out, id, e.name))
	if e.expires != 0 {
		m.value(out, expiryBucket, name)
	}
	m.value(out, damageBucket, id[:])
	return fault
}

// value writes the value of a key, if it has one.
func (m *moment) value(out *backupfile.Writer, bucket, key []byte) {
	b := m.tx.Bucket(bucket)
	if stored := b.Get(key); stored != nil {
		out.Bucket([][]byte{bucket}, b.Sequence())
		out.Value(key, stored)
	}
}

func (m *moment) rows(out *backupfile.Writer, id wal.RoomID, room string) (fault error) {
	out.Bucket([][]byte{journalBucket}, m.last)
	for _, r := range slices.Concat(readRows(m.tx, id, m.index[id], 0), m.pending[id]) {
		for chunk, rest := 0, r.Value; chunk == 0 || len(rest) > 0; chunk++ {
			n := min(len(rest), chunkSize)
			out.Value(chunkKey(r.Key[:], chunk), rest[:n])
			rest = rest[n:]
		}
		if _, err := r.Blob(room); err != nil && fault == nil {
			fault = err
		}
	}
	return fault
}

// versions returns the ids of the versions of a room, ascending.
func (m *moment) versions(room string) (ids []uint64) {
	for _, v := range versionsIn(m.tx, room) {
		ids = append(ids, v.ID)
	}
	return ids
}

// version writes a version and returns its digest, and its fault; nothing if it is not there.
func (m *moment) version(
	out *backupfile.Writer, room string, id uint64,
) (d digest.Digest, fault error) {
	of := m.tx.Bucket(versionBucket).Bucket([]byte(room))
	if of == nil || of.Bucket(versionKey(id)) == nil {
		return d, nil
	}
	out.Bucket([][]byte{versionBucket, []byte(room)}, of.Sequence())
	b := of.Bucket(versionKey(id))
	copyBucket(out, b, versionBucket, []byte(room), versionKey(id))
	if _, fault = getVersion(m.tx, room, id); fault == nil {
		if why := metaFault(m.tx, room, id); why != nil {
			fault = errors.New(why.Reason)
		}
	}
	return digestOfVersion(room, versionKey(id), b.Get(headKey)), fault
}

// copyBucket writes a bucket and the buckets in it.
func copyBucket(out *backupfile.Writer, b *bbolt.Bucket, path ...[]byte) {
	out.Bucket(path, b.Sequence())
	var within [][]byte
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if v == nil {
			within = append(within, k)
		} else {
			out.Value(k, v)
		}
	}
	for _, name := range within {
		copyBucket(out, b.Bucket(name), append(path[:len(path):len(path)], name)...)
	}
}

// ofRooms has the buckets whose values are written room by room.
var ofRooms = [][]byte{
	journalBucket, snapshotBucket, versionBucket, expiryBucket, roomBucket, damageBucket,
}

// others writes the values and sequences of buckets that are not written room by room, and returns
// the paths of the buckets in them.
func (m *moment) others(out *backupfile.Writer) (within [][][]byte, err error) {
	err = m.tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		name = slices.Clone(name)
		is := func(of []byte) bool { return string(of) == string(name) }
		switch {
		case is(metaBucket): // Restore makes the rest of it
			m.value(out, metaBucket, decisionsKey)
			return nil
		case is(journalBucket):
			out.Bucket([][]byte{name}, m.last)
			return nil
		}
		out.Bucket([][]byte{name}, b.Sequence())
		if slices.ContainsFunc(ofRooms, is) {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				within = append(within, [][]byte{name, slices.Clone(k)})
			} else {
				out.Value(k, v)
			}
			return nil
		})
	})
	return within, err
}

// bucketAt writes the bucket at a path of two names, unless it is not there any more.
func (m *moment) bucketAt(out *backupfile.Writer, path [][]byte) {
	if of := m.tx.Bucket(path[0]); of != nil {
		if b := of.Bucket(path[1]); b != nil {
			copyBucket(out, b, path...)
		}
	}
}

// damage returns the damage of a room that fails, if it does.
func (m *moment) damage(id wal.RoomID, e *entry) (d persist.Damage, fails bool) {
	if !e.damaged {
		return d, false
	}
	d = readDamage(m.tx.Bucket(damageBucket).Get(id[:]))
	d.Room = e.name
	return d, true
}
