package bolt

import (
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/decisions"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// verification compares the data in the database with its manifest.
type verification struct {
	*findings
	now    func() time.Time
	stored map[wal.RoomID]entry // undamaged entries of the manifest
	sums   sums

	sumsWhole bool
	listWhole bool // every entry of the manifest is there
	dataWhole bool // every row, snapshot and version of all rooms is there

	report    []persist.Damage
	stale     bool // the manifest or the expiries are to be replaced
	decisions decisions.Set
}

// verify finds damage. Unless accept, it fails if rooms are missing and nothing is left that names
// them.
func verify(tx *bbolt.Tx, now func() time.Time, accept bool) (*verification, error) {
	f, err := scan(tx)
	if err != nil {
		return nil, err
	}
	x := &verification{findings: f, now: now, stored: map[wal.RoomID]entry{}}
	if err := x.readList(tx); err != nil {
		return nil, err
	}
	for id, e := range x.stored {
		x.compare(id, e)
	}
	for id, e := range x.rooms {
		if _, listed := x.stored[id]; !listed {
			x.unlisted(tx, id, e)
		}
	}
	onlySumsWhole := x.sumsWhole && !x.listWhole && !x.dataWhole
	if n, all := uint64(len(x.rooms)), x.sums.rooms.N; onlySumsWhole && all > n {
		const format = "%d of %d rooms are missing, and with them their names"
		why := fmt.Sprintf(format, all-n, all)
		if !accept {
			return nil, fmt.Errorf("%w: %s; %s", persist.ErrCorrupt, why, seeRepair)
		}
		x.note(persist.Damage{Reason: why})
	}
	x.conclude(tx)
	x.decisions = decisionPlace.Read(tx)
	return x, nil
}

func (x *verification) readList(tx *bbolt.Tx) error {
	bad := 0
	err := tx.Bucket(roomBucket).ForEach(func(k, v []byte) error {
		if len(k) != idLen {
			bad++
			return nil
		}
		e, err := decodeEntry(wal.RoomID(k), v)
		if err != nil {
			bad++
			return nil
		}
		x.stored[wal.RoomID(k)] = e
		return nil
	})
	if x.sums, x.sumsWhole = decodeSums(tx.Bucket(metaBucket).Get(sumsKey)); x.sumsWhole {
		x.commits = x.sums.commits
		listed := sums{last: x.sums.last, commits: x.sums.commits}
		for id, e := range x.stored {
			listed.add(id, &e)
		}
		found := totals(x.rooms)
		x.listWhole = bad == 0 && listed == x.sums
		x.dataWhole = found.rows == x.sums.rows && found.snapshots == x.sums.snapshots &&
			found.versions == x.sums.versions
		x.stale = x.last != x.sums.last
		x.last = x.sums.last
	} else {
		for _, seqs := range x.index {
			x.last = max(x.last, seqs[len(seqs)-1])
		}
	}
	return err
}

// compare compares the data found of a room with its entry.
func (x *verification) compare(id wal.RoomID, listed entry) {
	found := x.room(id, listed.name)
	x.stale = x.stale || found.expires != listed.expires
	found.expires, found.damaged = listed.expires, listed.damaged
	if why := listed.differs(found); why != "" && !listed.damaged {
		x.fault(persist.Damage{Room: listed.name, Reason: why}, id)
	}
	if listed.versions != found.versions {
		x.stale = true
		const format = "versions are damaged: %d are there, %d were kept"
		why := fmt.Sprintf(format, found.versions.N, listed.versions.N)
		x.note(persist.Damage{Room: listed.name, Reason: why})
	}
}

// unlisted deals with a room without an entry, or with a damaged one.
func (x *verification) unlisted(tx *bbolt.Tx, id wal.RoomID, e *entry) {
	x.stale = true
	e.expires = 0 // an expiry may be the damage
	switch e.damaged = tx.Bucket(damageBucket).Get(id[:]) != nil; {
	case e.damaged:
	case x.listWhole:
		x.fault(persist.Damage{Room: e.name, Reason: "nothing of that name was stored"}, id)
	case !x.dataWhole && x.sumsWhole:
		const why = "it is not in the list of rooms, which is damaged, " +
			"and something of other rooms is missing"
		x.fault(persist.Damage{Room: e.name, Reason: why}, id)
	}
}

func (x *verification) note(d persist.Damage) {
	d.Time = x.now()
	x.report = append(x.report, d)
}

// conclude completes the report, and sets stale.
func (x *verification) conclude(tx *bbolt.Tx) {
	if !x.sumsWhole || !x.listWhole {
		x.stale = true
		x.note(persist.Damage{
			Reason:   "the list of rooms is damaged and is made anew",
			Harmless: x.dataWhole || !x.sumsWhole && len(x.faults) == 0,
		})
	}
	for id, d := range x.faults {
		if e := x.rooms[id]; e == nil {
			delete(x.faults, id) // the name in a damaged row is not that of any room
		} else if !e.damaged {
			x.stale = true
			d.Time, e.expires = x.now(), 0
			x.faults[id] = d
			x.note(d)
		}
	}
	for id, e := range x.rooms {
		if e.damaged {
			d := readDamage(tx.Bucket(damageBucket).Get(id[:]))
			d.Room = e.name
			x.report = append(x.report, d)
		}
	}
	clear(x.expiry)
	for id, e := range x.rooms {
		if e.expires != 0 {
			x.expiry[id] = e.name
		}
	}
}

// rewrite replaces the manifest and the expiries.
func (x *verification) rewrite(tx *bbolt.Tx) error {
	if err := x.list(tx); err != nil {
		return err
	}
	if err := tx.DeleteBucket(expiryBucket); err != nil {
		return err
	}
	b, err := tx.CreateBucket(expiryBucket)
	if err != nil {
		return err
	}
	for id, name := range x.expiry {
		at := binary.BigEndian.AppendUint64(nil, x.rooms[id].expires)
		if err := b.Put([]byte(name), at); err != nil {
			return err
		}
	}
	return b.SetSequence(x.drops)
}
