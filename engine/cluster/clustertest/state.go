package clustertest

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// state is what a Redis has. Bytes in it are never changed.
type state struct {
	marker   string
	fence    uint64 // the last one
	number   uint64 // of the last row
	without  string // a rule that is taken away; see Redis.Without
	unfenced int    // writes of nodes that were not the owner
	rooms    map[string]*room
	nodes    map[string]announced
}

type announced struct {
	description []byte
	ends        time.Time
}

// room is what a Redis has of a room.
type room struct {
	owner   cluster.Lease
	ends    time.Time // of the owner's lease
	run     string    // id of the run in which the owner took it
	asked   time.Time // until when the owner is asked to give the room up
	dropped uint64    // the incarnation that was dropped last; those before it are gone as well

	incarnation, version uint64
	snapshot             []byte
	rows                 []cluster.FencedRow
	late                 []cluster.Late
	claims               []string
}

func newState() *state {
	return &state{rooms: map[string]*room{}, nodes: map[string]announced{}}
}

// clone returns a copy, as a replica has it.
func (s *state) clone() *state {
	c := *s
	c.rooms, c.nodes = map[string]*room{}, maps.Clone(s.nodes)
	for name, r := range s.rooms {
		other := *r
		other.rows, other.late = slices.Clone(r.rows), slices.Clone(r.late)
		other.claims = slices.Clone(r.claims)
		c.rooms[name] = &other
	}
	return &c
}

// room returns a room, which it makes if need be.
func (s *state) room(name string) *room {
	r := s.rooms[name]
	if r == nil {
		r = &room{}
		s.rooms[name] = r
	}
	return r
}

// mayWrite reports whether a lease is that of the room's owner.
func (s *state) mayWrite(r *room, lease cluster.Lease) bool {
	return s.allows(r.ownedBy(lease))
}

// mayAppend reports whether a lease is the last that was given of the room, and not given up. It
// may have ended.
func (s *state) mayAppend(r *room, lease cluster.Lease) bool {
	return s.allows(r.owner == lease && lease.Node != "")
}

// allows reports whether a node may write that is the owner, or is not. Without the rule about that
// every node may, and writes of others are counted.
func (s *state) allows(owner bool) bool {
	if owner || s.without != "fence" {
		return owner
	}
	s.unfenced++
	return true
}

// ownedBy reports whether a lease is that of the room's owner.
func (r *room) ownedBy(lease cluster.Lease) bool {
	return r.owner == lease && lease.Node != "" && time.Now().Before(r.ends)
}

// current returns the owner of a room; without a node if there is none.
func (r *room) current(name string) cluster.Lease {
	if !time.Now().Before(r.ends) {
		return cluster.Lease{Room: name}
	}
	return r.owner
}

// add adds a row to the journal of a room.
func (s *state) add(r *room, row cluster.FencedRow) cluster.FencedRow {
	s.number++
	row.Incarnation, row.Data = r.incarnation, bytes.Clone(row.Data)
	row.At = cluster.Position{Fence: row.Lease.Fence, Number: s.number}
	r.rows = append(r.rows, row)
	return row
}

// refused returns why the owner must not write to an incarnation of the room. If nothing is stored
// the room begins with that.
func (s *state) refused(r *room, mayWrite bool, incarnation uint64) error {
	switch {
	case !mayWrite:
		return cluster.ErrNotOwner
	case r.incarnation == 0 && incarnation <= r.dropped,
		r.incarnation != 0 && r.incarnation != incarnation:
		return cluster.ErrDropped
	}
	r.incarnation = incarnation
	return nil
}

// sameLate reports whether two late updates are the same, which are kept once.
func sameLate(a, b cluster.Late) bool {
	return a.Incarnation == b.Incarnation && a.Snapshot == b.Snapshot && bytes.Equal(a.Data, b.Data)
}

// covered reports whether a row is not after a position.
func covered(row, through cluster.Position) bool {
	return row.Fence < through.Fence || row.Fence == through.Fence && row.Number <= through.Number
}
