package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// resync is what is known of a peer whose updates refer to others that the room lacks, and
// that is sent the room's state vector, so that it sends them.
type resync struct {
	due         bool          // a request is sent at room.reminder, if something is still missing
	force       bool          // or though nothing is
	ahead       bool          // it was sent that its version is ahead of the room's
	conflict    conflict      // the reason for the next request
	requests    uint8         // since it sent what was missing
	incomplete  uint8         // its replies since then that have left something missing
	requestedAt time.Duration // the last request, by Engine.clock; zero if none
	lacks       []yjs.ID      // what its updates since then referred to that was not known
}

// refusal is what a room remembers of a peer of which it has refused an update, until it has
// that. A client's clocks are contiguous, so nothing that depends on a refused update can be
// merged either: it is dropped, and all of it is requested when the reason has gone.
// room.mu guards it.
type refusal struct {
	reason    *Denial   // nil while nothing is refused
	undecided bool      // it is decided when the document has been compacted; reason is nil
	dropped   bool      // an update that depends on it was dropped since then
	requested bool      // the refused updates were requested
	sent      []*Denial // that the peer was sent
	bytes     int       // about how much the document would grow by the refused updates
}

// isRefused reports whether an update of p's is refused, so that it is of no use to request it.
func (p *Peer) isRefused() bool {
	return p.refusal != nil && (p.refusal.reason != nil || p.refusal.undecided)
}

// addRefusal is p's refusal, to be added to.
func (p *Peer) addRefusal() *refusal {
	if p.refusal == nil {
		p.refusal = new(refusal)
	}
	return p.refusal
}
