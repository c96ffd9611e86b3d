package engine

import "github.com/civicpress/civic-realtime/codec/protocol"

// Who asks for everybody's presence is told in portions, each of which is sent when the one before it has been
// written: so a queue holds no more of it than the client takes.

// portion is about how many bytes one portion has.
func (r *room) portion() int { return min(256<<10, r.e.cfg.QueueBytes/4) }

// size is about how many bytes it takes to tell a peer of everyone.
func (s *presence) size() int { return 2*s.bytes + 256*len(s.entries) }

// payPresence pays the first portion of what d has of it, and has p owed the rest.
func (r *room) payPresence(p *Peer, d *debt, pay func(*parcel)) {
	clients := d.clients
	if d.presence {
		clients = r.presence.clients()
		r.payGraves(p, pay)
	}
	var cursors cursors
	bytes := 0
	for len(clients) > 0 && bytes < r.portion() {
		var sent int
		sent, clients = r.paySome(p, clients, &cursors, pay)
		bytes += sent
	}
	if len(clients) > 0 {
		p.owe().clients = clients
	}
}

// paySome pays one message's worth of the states of clients, and returns its size and those that are left.
func (r *room) paySome(p *Peer, clients []uint64, cursors *cursors, pay func(*parcel)) (sent int, left []uint64) {
	lent := lendUtterances()
	defer lent.repay()
	lent.all, left = r.presence.some(lent.all, clients, p.proto.Native(), cursors)
	p.tellings(lent.all, func(m protocol.Message) {
		parcel := seal(answer, p.proto, m)
		sent += len(parcel.wire)
		pay(parcel)
	})
	return sent, left
}

func (r *room) payGraves(p *Peer, pay func(*parcel)) {
	lent := lendUtterances()
	defer lent.repay()
	lent.all = r.presence.graves.append(lent.all)
	p.tellings(lent.all, func(m protocol.Message) { pay(seal(answer, p.proto, m)) })
}

// clients are all client ids that are present.
func (s *presence) clients() []uint64 {
	all := make([]uint64, 0, len(s.entries))
	for client := range s.entries {
		all = append(all, client)
	}
	return all
}

// some appends the first of clients, as many as make a message, and returns those that are left. Of who has gone
// meanwhile the peer has been told since.
func (s *presence) some(dst []utterance, clients []uint64, forNative bool, cursors *cursors) (_ []utterance, left []uint64) {
	bytes := 0
	for len(clients) > 0 && len(dst) < entriesPerMessage && bytes < awarenessBytes {
		if b := s.entries[clients[0]]; b != nil {
			dst = append(dst, s.introduction(clients[0], b, forNative, cursors))
			bytes += len(b.state())
		}
		clients = clients[1:]
	}
	return dst, clients
}
