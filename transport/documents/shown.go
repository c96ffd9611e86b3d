package documents

import (
	"fmt"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// shownKey names a presence: each caller has one for each user in a room.
type shownKey struct {
	room   roomkey.Key
	caller string
	user   string
}

// shown is a program that people see in a room: a peer that reads nothing, until a time.
type shown struct {
	of  *presences
	key shownKey

	delivering sync.Mutex // held while the peer is delivered something; comes before of.mu

	// Guarded by of.mu. Once peer is set it stays.
	peer *engine.Peer
	name string
	end  *time.Timer
}

// presences are all programs that are shown. They have no goroutine.
type presences struct {
	mu  sync.Mutex // a leaf; guards everything below
	all map[shownKey]*shown
}

// Write implements engine.Conn: nobody reads.
func (*shown) Write([][]byte, func()) error { return nil }

// Close implements engine.Conn: the room is closed, or the user is kicked.
func (p *shown) Close(*engine.CloseError) { p.remove() }

// Finish implements engine.Conn.
func (*shown) Finish() {}

// Renew implements engine.Conn: no client sends a token.
func (*shown) Renew([]byte) {}

// Charge implements engine.Conn: no client sends anything.
func (*shown) Charge(int) {}

// remove ends a presence, if it has not ended.
func (p *shown) remove() bool {
	p.of.mu.Lock()
	found := p.of.all[p.key] == p
	if found {
		delete(p.of.all, p.key)
	}
	peer := p.peer
	p.of.mu.Unlock()
	if found && peer != nil {
		p.end.Stop()
		peer.Leave()
	}
	return found
}

// take returns the presence of a key, which it makes if there is none; nil if there are limit
// others.
func (ps *presences) take(key shownKey, limit int) (p *shown, isNew bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p = ps.all[key]; p != nil {
		return p, false
	}
	if len(ps.all) >= limit {
		return nil, false
	}
	if ps.all == nil {
		ps.all = make(map[shownKey]*shown)
	}
	p = &shown{of: ps, key: key}
	ps.all[key] = p
	return p, true
}

// find returns the presence of a key, nil if there is none.
func (ps *presences) find(key shownKey) *shown {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.all[key]
}

// size returns how many there are.
func (ps *presences) size() int {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return len(ps.all)
}

// joined notes the peer of a presence that is new, and reports whether it has not ended meanwhile.
func (p *shown) joined(peer *engine.Peer, name string, ttl time.Duration) bool {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	p.peer, p.name = peer, name
	p.end = time.AfterFunc(ttl, func() { p.remove() })
	return p.of.all[p.key] == p
}

// renew makes a presence last for a time from now on. It returns false if that has another name, or
// is just beginning.
func (p *shown) renew(name string, ttl time.Duration) bool {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	if p.peer == nil || p.name != name || p.of.all[p.key] != p {
		return false
	}
	return p.end.Reset(ttl)
}

// move sends the cursor of a presence.
func (p *shown) move(cursor []byte) error {
	if cursor == nil {
		return nil
	}
	p.delivering.Lock()
	defer p.delivering.Unlock()
	return p.peer.Deliver(cursorMessage(cursor))
}

// cursorMessage returns the message with a cursor, which is JSON.
func cursorMessage(cursor []byte) []byte {
	return fmt.Appendf(nil, `{"type":"presence","event":"cursor","cursor":%s}`, cursor)
}
