package nodestore

import (
	"bytes"
	"context"
	"log/slog"
	"slices"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

// versionStep is added to the highest known version of a room when a node takes it over: clients
// may have seen higher ones.
const versionStep = 1 << 16

// takeover is a room being taken over: what Redis and the disk have becomes one, in both places.
type takeover struct {
	s     *Store
	r     *room
	lease cluster.Lease

	again  bool   // the room is loaded
	loaded uint64 // its incarnation; 0: nothing is stored yet

	redis, disk *copied
	state       *roomstate.State // of both
	news        [][]byte         // journal rows that the disk lacked
	more        []byte           // what Redis lacked
	replace     bool             // the disk has another document
	deleted     bool             // the document was deleted: no other is kept
	settled     bool             // Redis has all that the disk has
	same        bool             // both have the same
}

// store gives the disk what it lacks.
func (t *takeover) store(ctx context.Context) error {
	name, local := t.r.name, t.s.c.Local
	if t.deleted && !t.same { // nothing else stays of it
		if err := local.Drop(ctx, name); err != nil {
			return err
		}
		t.disk = &copied{last: t.disk.last}
	}
	switch {
	case t.replace || t.disk.empty():
		blob := t.redis.snapshot
		if blob == nil && t.replace || t.state.Incomplete() {
			var err error
			if blob, err = t.state.Snapshot(t.s.c.Compression); err != nil {
				return err
			}
			t.redis.rows = nil // they are in it
		}
		if blob != nil {
			if err := local.SaveSnapshot(ctx, name, blob, t.disk.last); err != nil {
				return err
			}
		}
		for _, row := range t.redis.rows {
			if err := t.append(ctx, row); err != nil {
				return err
			}
		}
		if blob != nil {
			t.redis.snapshot = blob
		}
	default:
		for _, row := range t.news {
			if err := t.append(ctx, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// append appends a row to the journal on the disk.
func (t *takeover) append(ctx context.Context, data []byte) error {
	row, err := roomstate.AsRow(data, t.s.c.MaxDocument)
	if err != nil {
		return err
	}
	rows := []Row{{Room: t.r.name, Data: row}}
	if err := t.s.c.Local.Append(ctx, rows); err != nil {
		return err
	}
	t.disk.last = max(t.disk.last, rows[0].Seq)
	return rows[0].Err
}

// begin makes the room this node's.
func (t *takeover) begin(g cluster.Grant) {
	s, r := t.s, t.r
	s.mu.Lock()
	defer s.mu.Unlock()
	r.incarnation = t.redis.incarnation
	version := t.redis.version
	if t.state != nil {
		version = max(version, t.state.Version)
	}
	switch {
	case version == 0:
		r.floor = 0
	case t.same && t.settled && !s.marks[r.name].Released.IsZero():
		r.floor = version // this node had the room last, and gave it up
	default:
		r.floor = version + versionStep
	}
	last := t.disk.last
	if len(r.rows) > 0 { // came meanwhile
		last = min(last, r.rows[0].Seq-1)
	}
	// An older snapshot of the disk may lack what the snapshot in Redis has.
	if r.places, r.covers = r.places[:0], t.disk.last; r.owned {
		r.waitForNews(t.news)
	} else {
		r.claims = nil
		r.loaded, r.late, r.unmerged, r.merged = t.disk.last, nil, cluster.Position{}, 0
		r.note(last, t.redis.at)
	}
	r.owned, r.sent, r.last = true, last, max(r.last, t.disk.last)
	r.work &^= workOffer
	s.setMark(Mark{
		Room: r.name, Incarnation: r.incarnation, Sent: last, Whole: r.whole,
		Generation: g.Generation,
	})
}

// putClaimsBack makes the newest claims again in a Redis that may have lost them: without them, a
// node that had the room before would take a draft of this one for a change by another program.
func (s *Store) putClaimsBack(ctx context.Context, r *room) error {
	lease, err := s.lease(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	claims := slices.Clone(r.claims)
	s.mu.Unlock()
	call, cancel := s.within(ctx)
	defer cancel()
	for _, c := range claims {
		if err := s.c.Shared.Claim(call, lease, c.hash, c.version); err != nil {
			return err
		}
	}
	return nil
}

// result returns what the engine is to load.
func (t *takeover) result() (blob []byte, rows [][]byte, err error) {
	if t.redis.incarnation == 0 {
		return nil, nil, nil
	}
	blob, rows = t.redis.snapshot, t.redis.rows
	if t.state.Incomplete() {
		t.s.count.incomplete.Inc()
		t.s.c.Log.Error("updates refer to others that Redis has lost; the room opens without them",
			slog.String("room", t.r.name))
		blob, err = t.state.Snapshot(t.s.c.Compression)
		return blob, nil, err
	}
	if t.more != nil {
		rows = append(rows, t.more)
	}
	for i := range rows {
		if rows[i], err = roomstate.AsRow(rows[i], t.s.c.MaxDocument); err != nil {
			return nil, nil, err
		}
	}
	return bytes.Clone(blob), rows, nil
}
