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
	marker string
	rooms  map[string]*room
	nodes  map[string]announced
}

type announced struct {
	description []byte
	ends        time.Time
}

// room is what a Redis has of a room.
type room struct {
	owner   cluster.Lease
	ends    time.Time // of the owner's lease
	fence   uint64    // the last one
	number  uint64    // of the last row
	asked   time.Time // until when the owner is asked to give the room up
	dropped uint64    // the incarnation that was dropped last

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
	c := &state{marker: s.marker, rooms: map[string]*room{}, nodes: maps.Clone(s.nodes)}
	for name, r := range s.rooms {
		other := *r
		other.rows, other.late = slices.Clone(r.rows), slices.Clone(r.late)
		other.claims = slices.Clone(r.claims)
		c.rooms[name] = &other
	}
	return c
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

// add adds a row to the journal.
func (r *room) add(lease cluster.Lease, data []byte) cluster.FencedRow {
	r.number++
	row := cluster.FencedRow{
		Lease: lease, Incarnation: r.incarnation, Data: bytes.Clone(data),
		At: cluster.Position{Fence: lease.Fence, Number: r.number},
	}
	r.rows = append(r.rows, row)
	return row
}

// begin begins the room with an incarnation if nothing is stored, and reports whether the stored
// incarnation is this one.
func (r *room) begin(incarnation uint64) bool {
	if r.incarnation == 0 {
		r.incarnation = incarnation
	}
	return r.incarnation == incarnation
}

// covered reports whether a row is not after a position.
func covered(row, through cluster.Position) bool {
	return row.Fence < through.Fence || row.Fence == through.Fence && row.Number <= through.Number
}
