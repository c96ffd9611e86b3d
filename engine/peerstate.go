package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// resync is the state of the requests to a peer whose updates refer to others that the room lacks.
// A request is the room's state vector; the peer replies with all updates beyond it.
type resync struct {
	due         bool          // a request is sent at room.reminder, if something is still missing
	force       bool          // even if nothing is missing
	ahead       bool          // it was sent that its version is ahead of the room's
	conflict    conflict      // the reason for the next request
	requests    uint8         // since it sent the missing updates
	incomplete  uint8         // its replies since then after which something was missing
	requestedAt time.Duration // when the last request was sent, by Engine.clock; zero if none was
	lacks       []yjs.ID      // unknown ids that its updates since then refer to
}

// refusal describes the refused updates of a peer, until the room has them. A client's clocks are
// contiguous, so updates that depend on a refused one cannot be merged either: they are dropped,
// and all are requested when the reason has gone. Guarded by room.mu.
type refusal struct {
	reason    *Denial   // nil while nothing is refused
	undecided bool      // it is decided when the document has been compacted; reason is nil
	dropped   bool      // an update that depends on it was dropped since then
	requested bool      // the refused updates were requested
	sent      []*Denial // reasons that the peer was sent
	bytes     int       // about how much the document would grow by the refused updates
}

// isRefused reports whether an update of p's is refused, so that it is of no use to request it.
func (p *Peer) isRefused() bool {
	return p.refusal != nil && (p.refusal.reason != nil || p.refusal.undecided)
}

// addRefusal returns p's refusal, after making an empty one if there is none.
func (p *Peer) addRefusal() *refusal {
	if p.refusal == nil {
		p.refusal = new(refusal)
	}
	return p.refusal
}

// control is a message by which a peer steers its room: a Kick, Lock, Unlock or Notice.
type control struct {
	peer    *Peer
	message protocol.Message
}

// reply returns how many Acks a SyncReply has: none if it answers a request of the room's own.
func (p *Peer) reply() uint32 {
	if p.own > 0 {
		p.own--
		return 0
	}
	return 1
}

// due returns how many Acks an update of p has.
func (p *Peer) due(e entry) uint32 {
	if e.whole {
		return p.reply()
	}
	return 1
}
