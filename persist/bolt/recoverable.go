package bolt

import (
	"context"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Recoverable are what can be had of a room.
type Recoverable struct {
	Room     string   // its key; empty if that is lost
	Reason   string   // why it cannot be loaded; empty: it can
	Snapshot []byte   // nil: there is none that is whole
	Size     int      // of Snapshot, also where that is left out
	Lost     bool     // there was one
	Rows     [][]byte // that are whole and not in the snapshot
	Count    int      // of Rows, also where they are left out
	LostRows int      // that are there and damaged

	Versions     []persist.Version // that are whole
	LostVersions int
}

// reason is why a room would not be loaded.
func (x *verification) reason(tx *bbolt.Tx, id wal.RoomID) string {
	if d, found := x.faults[id]; found {
		return d.Reason
	}
	if x.rooms[id].damaged {
		return readDamage(tx.Bucket(damageBucket).Get(id[:])).Reason
	}
	return ""
}

// remains reads all that is stored of a room.
func remains(tx *bbolt.Tx, id wal.RoomID, room string, seqs []uint64, why string) Recoverable {
	r := Recoverable{Room: room, Reason: why}
	snapshot, through, err := getSnapshot(tx, room)
	if r.Snapshot = snapshot; err != nil {
		r.Snapshot, r.Lost, r.Reason = nil, true, "snapshot: "+err.Error()
	}
	for _, row := range readRows(tx, id, seqs, through) {
		blob, err := row.Blob(room)
		if err != nil {
			r.LostRows++
			continue
		}
		r.Rows = append(r.Rows, blob)
	}
	for _, v := range versionsIn(tx.Bucket(versionBucket).Bucket([]byte(room))) {
		if _, err := getVersion(tx, room, v.ID); err != nil {
			r.LostVersions++
			continue
		}
		r.Versions = append(r.Versions, v)
	}
	r.count()
	return r
}

func (r *Recoverable) count() { r.Size, r.Count = len(r.Snapshot), len(r.Rows) }

// Recoverable is what can be had of a room, whether it can be loaded or not.
func (s *Store) Recoverable(ctx context.Context, room string) (r Recoverable, err error) {
	if err := persist.CheckRoom(room); err != nil {
		return r, err
	}
	l := loader{room: room, id: wal.IDOf(room)}
	err = s.read(ctx, room, func() { l.seqs, l.pending = s.index.of(l.id), s.pending }, func(tx *bbolt.Tx) error {
		why := ""
		if err := damageOf(tx, l.id, room); err != nil {
			why = err.Error()
		}
		r = remains(tx, l.id, room, l.seqs, why)
		for _, row := range l.unflushedRows(0) {
			if blob, err := row.Blob(room); err == nil {
				r.Rows = append(r.Rows, blob)
			}
		}
		r.count()
		return nil
	})
	return r, err
}
