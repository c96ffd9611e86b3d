package awareness

import (
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Peer is the presence of one peer in its room. The engine's peer holds it by value, and it is
// compared by its address. Room.Join initializes the zero value, and from then on the Room owns it.
type Peer struct {
	user      *user
	owned     []uint64      // client ids
	self      uint64        // its own client id, see noteClientID; 0 if not known
	joined    time.Duration // since Config.Epoch
	knows     uint64        // users.generation when it was sent the users
	guest     bool          // it has no token
	native    bool          // it speaks a protocol with users and cursors
	announced bool          // it has sent a state
	left      bool
}

// User returns the user that p belongs to.
func (p *Peer) User() protocol.User { return p.user.User }

// UserID returns the id of that user.
func (p *Peer) UserID() string { return p.user.ID }

// Joined returns when the peer joined, since Config.Epoch.
func (p *Peer) Joined() time.Duration { return p.joined }

// ClientID returns the peer's own client id, 0 if it is not known.
func (p *Peer) ClientID() uint64 { return p.self }

// relays reports whether a state that p sends for a client id belongs to another client.
func (p *Peer) relays(client uint64) bool { return p.self != 0 && p.self != client }

// isSameUser reports whether p and q belong to one user with a token.
func (p *Peer) isSameUser(q *Peer) bool { return !p.guest && !q.guest && p.user == q.user }

// disown takes a client id from p.
func (p *Peer) disown(client uint64) {
	p.owned = slices.DeleteFunc(p.owned, func(c uint64) bool { return c == client })
}

// noteClientID sets p's own client id if u, the first update of p with a state, has no other entry:
// most clients send their own state first. Later updates may have states of others, which a client
// receives from the server or from another tab of its browser.
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

// SetUser gives a peer that joins no room a user.
func (p *Peer) SetUser(u protocol.User) { p.user = &user{User: u} }
