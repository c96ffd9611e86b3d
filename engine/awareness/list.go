package awareness

import "github.com/civicpress/civic-realtime/codec/protocol"

// Size returns about how many bytes it takes to send a peer all states.
func (r *Room) Size() int { return 2*r.bytes + 256*len(r.states) }

// Users returns the users in the room, for the welcome of p. From then on p is sent the changes.
func (r *Room) Users(p *Peer) []protocol.User {
	p.knows = r.users.generation
	if r.users.hidden {
		return nil
	}
	all := make([]protocol.User, 0, len(r.users.present))
	for _, u := range r.users.present {
		all = append(all, u.User)
	}
	return all
}

// Clients returns the client ids of all states.
func (r *Room) Clients() []uint64 {
	all := make([]uint64, 0, len(r.states))
	for client := range r.states {
		all = append(all, client)
	}
	return all
}

// SendAll calls send with the messages about all states for p. Their bodies are valid until send
// returns.
func (r *Room) SendAll(p *Peer, send func(protocol.Message)) {
	var newest cursors
	b := newBatch()
	defer b.release()
	for client, s := range r.states {
		b.updates = append(b.updates, r.introduction(client, s, p.native, &newest))
	}
	b.sendTo(p, send)
}

// SendSome calls send with the messages about the states of clients for p, until send has returned
// about limit bytes, and returns the clients that are left. It leaves out clients that were removed
// meanwhile, as Flush has sent p their removal.
func (r *Room) SendSome(
	p *Peer, clients []uint64, limit int, send func(protocol.Message) (size int),
) (left []uint64) {
	var newest cursors
	sent := 0
	for len(clients) > 0 && sent < limit {
		b := newBatch()
		b.updates, clients = r.appendSome(b.updates, clients, p.native, &newest)
		b.sendTo(p, func(m protocol.Message) { sent += send(m) })
		b.release()
	}
	return clients
}

// SendTombstones calls send with the messages about all tombstones for p.
func (r *Room) SendTombstones(p *Peer, send func(protocol.Message)) {
	b := newBatch()
	defer b.release()
	b.updates = r.tombstones.append(b.updates)
	b.sendTo(p, send)
}

// appendSome appends updates about the first of clients, as many as fit into a message, and returns
// the clients that are left.
func (r *Room) appendSome(
	dst []update, clients []uint64, native bool, newest *cursors,
) (_ []update, left []uint64) {
	bytes := 0
	for len(clients) > 0 && len(dst) < entriesPerUpdate && bytes < bytesPerUpdate {
		if s := r.states[clients[0]]; s != nil {
			dst = append(dst, r.introduction(clients[0], s, native, newest))
			bytes += len(s.json())
		}
		clients = clients[1:]
	}
	return dst, clients
}

// introduction returns the update about s for a peer that is sent all states. Native peers are sent
// one cursor of each user.
func (r *Room) introduction(client uint64, s *state, native bool, newest *cursors) update {
	u := s.update(client)
	u.changed, u.moved = true, s.hasCursor() && (!native || newest.newest(r, u.user) == s)
	return u
}
