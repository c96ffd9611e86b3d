package bolt

import (
	"context"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Recoverable is the undamaged data of a room.
type Recoverable struct {
	Room     string   // its key; empty if that is lost
	Reason   string   // why it fails; empty: it does not
	Snapshot []byte   // nil: there is no undamaged one
	Size     int      // length of Snapshot, also where that is left out
	Lost     bool     // there is a damaged snapshot
	Rows     [][]byte // undamaged rows that are not in the snapshot
	Count    int      // number of Rows, also where they are left out
	LostRows int      // number of damaged rows

	Versions     []persist.Version // undamaged ones
	LostVersions int               // number of damaged versions
}

// reason returns why a room fails, empty if it does not.
func (x *verification) reason(tx *bbolt.Tx, id wal.RoomID) string {
	if d, found := x.faults[id]; found {
		return d.Reason
	}
	if x.rooms[id].damaged {
		return readDamage(tx.Bucket(damageBucket).Get(id[:])).Reason
	}
	return ""
}

// recoverable reads everything that is stored of a room.
func recoverable(tx *bbolt.Tx, id wal.RoomID, room string, seqs []uint64, why string) Recoverable {
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
	for _, v := range versionsIn(tx, room) {
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

// Recoverable returns the undamaged data of a room, whether it fails or not.
func (s *Store) Recoverable(ctx context.Context, room string) (r Recoverable, err error) {
	if err := persist.CheckRoom(room); err != nil {
		return r, err
	}
	l := loader{room: room, id: wal.IDOf(room)}
	err = s.read(ctx, room, func() { l.take(s) }, func(tx *bbolt.Tx) error {
		why := ""
		if err := damageOf(tx, l.id, room); err != nil {
			why = err.Error()
		}
		r = recoverable(tx, l.id, room, l.seqs, why)
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
