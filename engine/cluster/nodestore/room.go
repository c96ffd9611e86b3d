package nodestore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// room is a room that this node has, or of which it has something to send. Its fields but the name
// and the lock are guarded by Store.mu.
type room struct {
	name string
	lock lock // held during work on the room that takes long; never while a lease is waited for

	owned       bool   // this node serves it, as far as it knows
	incarnation uint64 // snapshot.Rank; 0: not known yet
	floor       uint64 // of versions
	loaded      uint64 // rows up to this number were there when the room was loaded

	// The outbox: rows on the local disk that Redis lacks.
	last  uint64 // number of the newest row on the disk
	sent  uint64 // number of the newest row that Redis has, with all before it
	rows  []Row  // those after sent; without whole
	bytes int64  // of rows
	whole bool   // the whole state is to be sent instead
	since time.Time
	// Rows that Redis has not taken, while it took others, are not sent again before rowsAt. That
	// is not when work that has failed is tried again, as work may wait for the rows.
	rowsAt      time.Time
	rowFailures int // in a row
	// held is, with Config.Redis, a row that is on the disk, and that the engine will append again.
	held Row

	covers   uint64           // rows up to this number are in a whole state that was sent
	places   []place          // where rows are in Redis, ascending
	unmerged cluster.Position // the first late row in Redis that no snapshot may cover; zero: none
	late     [][]byte         // late rows that are not merged into the room yet
	merged   uint64           // once this row is sent, Redis has all late rows as rows of this node

	warned string       // the generation of Redis for which warnOfOlder has warned
	claims []draftClaim // the newest of this node, oldest first; they are put back like rows

	work     work
	running  bool // a worker does it
	failures int
	retryAt  time.Time
	queued   bool // is in Store.outbox
}

// locked calls f with the lock held.
func (r *room) locked(ctx context.Context, f func() error) error {
	if err := r.lock.acquire(ctx); err != nil {
		return err
	}
	defer r.lock.release()
	return f()
}

// draftClaim is a claim of a draft of the room.
type draftClaim struct {
	hash    string
	version uint64
}

// maxClaims is how many claims of a room are put back: those of the last draft that was saved, and
// of attempts after it.
const maxClaims = 4

// noteClaim notes a claim that this node has made.
func (r *room) noteClaim(c draftClaim) {
	if len(r.claims) == maxClaims {
		r.claims = slices.Delete(r.claims, 0, 1)
	}
	r.claims = append(r.claims, c)
}

// place is where a row is in Redis.
type place struct {
	seq uint64
	at  cluster.Position
}

// maxPlaces is of how many of the newest rows the places are known.
const maxPlaces = 64

// note notes where a row is in Redis.
func (r *room) note(seq uint64, at cluster.Position) {
	if at == (cluster.Position{}) {
		return
	}
	if len(r.places) >= maxPlaces {
		r.places = slices.Delete(r.places, 0, maxPlaces/2)
	}
	r.places = append(r.places, place{seq, at})
}

// through returns the last row in Redis that a snapshot covers which has the rows up to a number,
// and all that was merged; zero if that is not known.
func (r *room) through(covered uint64) (at cluster.Position) {
	for _, p := range r.places {
		late := r.unmerged != (cluster.Position{}) && compare(p.at, r.unmerged) >= 0
		if p.seq > covered || late {
			break
		}
		at = p.at
	}
	return at
}

func compare(a, b cluster.Position) int {
	return cmp.Or(cmp.Compare(a.Fence, b.Fence), cmp.Compare(a.Number, b.Number))
}

// clearRows empties the outbox up to a number.
func (r *room) clearRows(through uint64) (bytes int64) {
	n := 0
	for n < len(r.rows) && r.rows[n].Seq <= through {
		bytes += int64(len(r.rows[n].Data))
		n++
	}
	r.rows = slices.Delete(r.rows, 0, n)
	r.bytes -= bytes
	if len(r.rows) == 0 {
		r.rows = nil
		if !r.whole {
			r.since = time.Time{}
		}
	}
	return bytes
}

// waitForNews keeps snapshots from covering anything in Redis until rows are merged that the loaded
// room lacks.
func (r *room) waitForNews(rows [][]byte) {
	if len(rows) > 0 {
		r.late = append(r.late, rows...)
		r.unmerged = cluster.Position{Number: 1} // before all others
	}
}

// passed notes that Redis has the rows up to r.sent.
func (r *room) passed() {
	if len(r.late) == 0 && r.sent >= r.merged {
		r.unmerged, r.merged = cluster.Position{}, 0
	}
}

// unsent reports whether the disk has more than Redis.
func (r *room) unsent() bool { return r.whole || len(r.rows) > 0 }

// work is what is to be done with a room, as a set of bits.
type work uint8

const (
	workLost     work = 1 << iota // the lease is lost: take it again, or disown the room
	workDropped                   // Redis has another document: disown the room
	workAsked                     // another node asks for the room
	workLate                      // late updates wait
	workSnapshot                  // the disk has a newer snapshot, or the whole state is to be sent
	workOffer                     // the room is not owned: offer what is unsent
)
