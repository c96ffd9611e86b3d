package awareness

import (
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Peer is the part of a connection that presence needs. It is the Room's from Room.Join
// on; the zero value is for that. It is held by value in the engine's peer, and is
// compared by its address.
type Peer struct {
	user      *user
	owned     []uint64      // client ids
	self      uint64        // its own client id, by noteClientID; 0 if not known
	joined    time.Duration // since Config.Epoch
	knows     uint64        // users.generation when it was sent the users
	guest     bool          // it has no token
	native    bool          // it speaks a protocol with users and cursors
	announced bool          // it has sent a state
	left      bool
}

// User is the user that the peer's connection counts for.
func (p *Peer) User() protocol.User { return p.user.User }

// UserID is the id of that user.
func (p *Peer) UserID() string { return p.user.ID }

// ClientID is the peer's own client id, 0 if it is not known.
func (p *Peer) ClientID() uint64 { return p.self }

// relays reports whether a state that p sends for a client id is of another client.
func (p *Peer) relays(client uint64) bool { return p.self != 0 && p.self != client }

// isSameUser reports whether both are one user with a token.
func (p *Peer) isSameUser(q *Peer) bool { return !p.guest && !q.guest && p.user == q.user }

// disown takes a client id from p.
func (p *Peer) disown(client uint64) {
	p.owned = slices.DeleteFunc(p.owned, func(c uint64) bool { return c == client })
}

// noteClientID notes p's own client id, if u is the first update of p's with a state and
// has no other: most clients begin with their own state. What they send later may be of
// others, which they know from the server or, as another tab of their browser, from
// elsewhere.
func (p *Peer) noteClientID(u yjs.CheckedAwareness) {
	if p.announced {
		return
	}
	for e := range u.Entries() {
		if p.announced = p.announced || !e.Removed(); p.announced && u.Len() == 1 {
			p.self = e.Client
		}
	}
}
