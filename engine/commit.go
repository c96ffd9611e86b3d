package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/engine/outbound"
)

// commit is what a room has on its way to the journal, and what becomes of it then.
type commit struct {
	pending bool // cut has been taken and is not durable yet
	cut     cut
	refused refusedRow // the row of cut, when the store has refused it
	delayed bool       // peers were notified that cut is not durable yet
	durable uint64     // version that is durable

	// For the next cut.
	waiting []*Peer // with a pending answer
	writers []*Peer // with updates that are in no cut yet, which wait for an Ack
	author  *Peer   // of the last update that is in no cut yet
	joint   bool    // there were others
}

// cut is what a room had that was new at one moment, on its way to the journal.
type cut struct {
	update   []byte // as it is in the row, whose memory it shares; empty when there is only a base
	version  uint64 // it leads to
	answers  []answer
	answered []answered // what the answers are made of
	receipts []receipt
	author   *Peer // the last of those who wrote it; nil: nobody, the server did
	joint    bool  // there were others
	seed     bool  // it is nothing but the record's text
}

// loneAuthor returns the peer that wrote all of the update and is sent an Ack in its place; nil if
// there is none. For y-websocket the update is the receipt.
func (c *cut) loneAuthor() *Peer {
	if c.joint || c.author == nil || !c.author.proto.Native() {
		return nil
	}
	return c.author
}

// from is who the update is said to be from.
func (c *cut) from() string {
	if c.author == nil {
		return ""
	}
	return c.author.presence.UserID()
}

// answer is a message that was made of the document at a cut, and is sent when that is
// durable.
type answer struct {
	peer    *Peer
	message *outbound.Message
	welcome *welcome // in its place
}

// answered is a peer's pending answer that a cut has been made the answers of.
type answered struct {
	peer    *Peer
	pending *outbound.Pending
}

// receipt is for a peer whose updates are in a cut. y-websocket has none: there
// the update itself comes back.
type receipt struct {
	peer  *Peer
	count uint64
}

// refusedRow is a row of a room that the store has refused, alone of its commit. The room keeps
// it, sends nothing of it, and has it committed again after a pause that grows, while all other
// rooms go on. The zero value is none. Guarded by room.mu.
type refusedRow struct {
	data    []byte    // the row, owned; nil while it is in a commit
	err     error     // why it was refused last; nil: there is no refused row
	since   time.Time // when it was first in a commit
	tries   int       // how often it was refused
	retryAt time.Time // when it is committed again; zero while it is in a commit
}

// hasten makes the next attempt due at now.
func (f *refusedRow) hasten(now time.Time) {
	if f.data != nil {
		f.retryAt = now
	}
}

// take returns the row for one more attempt.
func (f *refusedRow) take() (row []byte) {
	row, f.data, f.retryAt = f.data, nil, time.Time{}
	return row
}
