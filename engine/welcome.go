package engine

import (
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// welcome is the document as a native peer is sent it when it joins, as of a cut. The users are
// added when it is sent.
type welcome struct {
	version  uint64
	readOnly bool
	settled  uint64              // see settled
	vector   []byte              // nil when it is too long
	state    []byte              // the document or its first part; empty only if the document is
	parts    []*outbound.Message // the other parts
}

func (r *room) newWelcome(p *Peer, src source) *welcome {
	w := &welcome{version: src.version, readOnly: r.checkWriter(p) != nil, settled: r.settled(p)}
	p.lost = 0
	if w.vector = src.doc.AppendStateVector(nil); len(w.vector) > protocol.MaxStateVector {
		w.vector = nil
	}
	if r.doc.Size() <= protocol.MinState {
		w.state = src.doc.AppendState(nil)
	} else {
		parts := r.whole(p.proto, src)
		w.state, w.parts = parts[0].Update, parts[1:]
	}
	return w
}

var emptyUpdate = []byte{0, 0}

// welcome sends p a welcome. From then on p is sent the changes of the room.
func (r *room) welcome(p *Peer, w *welcome) {
	if p.left() {
		return
	}
	p.welcomed = true
	room := protocol.Room{
		ID: r.name, ReadOnly: w.readOnly, StateVector: w.vector, More: len(w.parts),
		Settled: w.settled,
	}
	rest := r.participants(p, &room)
	p.sendMessage(outbound.Answer, protocol.Message{
		Kind: protocol.RoomState, Room: &room, Body: w.state, Version: w.version,
	})
	for _, part := range w.parts {
		p.send(part)
	}
	for i := range rest {
		p.sendMessage(outbound.Answer, protocol.Message{Kind: protocol.Joined, User: &rest[i]})
	}
	r.sendAllPresence(p, outbound.Answer)
	r.warnOfDamage(p)
	r.warnOfDelay(p)
}

// participants fills in the users that are present, and returns those that do not fit.
func (r *room) participants(p *Peer, room *protocol.Room) (rest []protocol.User) {
	all := r.presence.Users(&p.presence)
	n := protocol.FitParticipants(all)
	room.Participants = all[:n]
	return all[n:]
}

// settled returns how many of p's updates were acknowledged, or will not be. Its client has to know
// that from a welcome: it sends the document again, and must not take the Acks of updates that were
// sent before for that of the document.
func (r *room) settled(p *Peer) uint64 {
	waiting := p.unacked
	for _, got := range r.commit.cut.receipts {
		if got.peer == p {
			waiting += got.count
		}
	}
	for _, e := range r.compaction.updates {
		if e.peer == p {
			waiting++
		}
	}
	return uint64(p.updates - waiting)
}

// whole returns the whole document as the answer to a SyncRequest.
func (r *room) whole(proto protocol.Protocol, src source) []*outbound.Message {
	return r.documents.Reply(proto, src.version, func() []*outbound.Message {
		return outbound.EncodeReply(proto, src.version, protocol.MinState, src.doc.AppendState)
	})
}

// reply returns the part of the document that p lacks.
func (r *room) reply(p *Peer, src source) []*outbound.Message {
	if len(p.pending.Have) == 0 {
		return r.whole(p.proto, src)
	}
	return outbound.EncodeReply(p.proto, src.version, p.proto.MaxUpdate(), func(b []byte) []byte {
		return src.doc.AppendDiff(b, p.pending.Have)
	})
}
