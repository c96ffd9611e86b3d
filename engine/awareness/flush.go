package awareness

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// Outgoing is a message for several peers of a room, which IsFor selects. Its body is valid until
// the function that it is passed to returns.
type Outgoing struct {
	protocol.Message
	native     bool
	except     *Peer
	generation uint64 // of Joined and Left: peers that were sent the users later know
}

// IsFor reports whether p is to be sent m.
func (m *Outgoing) IsFor(p *Peer) bool {
	if m.IsAboutUser() && p.knows >= m.generation {
		return false
	}
	return p.native == m.native && p != m.except
}

// IsAboutUser reports whether m is Joined or Left. Nothing that is sent later replaces these. All
// other messages may be dropped for a peer that is sent all states instead.
func (m *Outgoing) IsAboutUser() bool {
	return m.Kind == protocol.Joined || m.Kind == protocol.Left
}

// Flush calls send with all changes since the last call: users that joined and left, the newest
// state of each client id, and signals.
func (r *Room) Flush(send func(Outgoing)) {
	r.users.flush(func(m protocol.Message, generation uint64) {
		send(Outgoing{Message: m, native: true, generation: generation})
	})
	b := newBatch()
	defer b.release()
	b.updates = r.takeChanges(b.updates)
	b.sendAwareness(b.updates, func(m protocol.Message) { send(Outgoing{Message: m}) })
	if r.natives > 0 {
		r.flushNatives(b, send)
	}
	r.lostCursors = nil
	for _, s := range r.signals {
		m := protocol.Message{
			Kind: protocol.Signal, Text: s.event, Body: s.body, From: s.peer.UserID(),
		}
		send(Outgoing{Message: m, native: true, except: s.peer})
	}
	r.signals = nil
}

// takeChanges appends the newest state of each changed client id.
func (r *Room) takeChanges(dst []update) []update {
	for _, client := range r.changed {
		if s := r.states[client]; s != nil {
			dst = append(dst, s.update(client))
			s.unsent, s.changed, s.moved = unsentNothing, false, false
		} else if t, ok := r.tombstones.find(client); ok {
			dst = append(dst, t.update(client))
		}
	}
	r.clearChanged()
	return dst
}

func (r *Room) flushNatives(b *batch, send func(Outgoing)) {
	var newest cursors
	for i := range b.updates {
		u := &b.updates[i]
		u.cursor = newest.of(r, u)
		b.sendNative(u, func(m protocol.Message) {
			send(Outgoing{Message: m, native: true, except: u.owner})
		})
	}
	for _, lost := range r.lostCursors {
		if u := (update{user: lost, moved: true}); lost.peers > 0 {
			m := protocol.Message{Kind: protocol.Cursor, From: lost.ID, Body: newest.of(r, &u)}
			send(Outgoing{Message: m, native: true})
		}
	}
}

// cursors finds the newest cursor of each user, as native protocols have one cursor of a
// user and not one of a connection. It searches the room at the first use, and is valid
// until a cursor moves. The zero value is ready.
type cursors struct{ byUser map[*user]*state }

// newest returns the state with the newest cursor of a user, nil if the user has none.
func (c *cursors) newest(r *Room, in *user) *state {
	if c.byUser == nil {
		c.byUser = make(map[*user]*state)
		for _, s := range r.states {
			u := s.owner.user
			last := c.byUser[u]
			if s.hasCursor() && (last == nil || last.renewed < s.renewed) {
				c.byUser[u] = s
			}
		}
	}
	return c.byUser[in]
}

// of returns the cursor that native peers are sent for u. If the state of u has lost its cursor, it
// is the newest of the same user's other states.
func (c *cursors) of(r *Room, u *update) []byte {
	if !u.moved || u.user.peers == 0 || len(u.cursor) > 0 && !bytes.Equal(u.cursor, noCursor) {
		return u.cursor
	}
	if s := c.newest(r, u.user); s != nil {
		return s.cursor()
	}
	return noCursor
}
