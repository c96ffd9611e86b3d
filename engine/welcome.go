package engine

import (
	"bytes"
	"weak"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// welcome is what a native peer is told of the document when it joins, as of a
// cut. Who is present is added when it is sent.
type welcome struct {
	version  uint64
	readOnly bool
	vector   []byte    // nil when it is too long
	state    []byte    // the document or the first part of it, empty only if the document is
	parts    []*parcel // the others
}

func (r *room) newWelcome(p *Peer, src source) *welcome {
	w := &welcome{version: src.version, readOnly: r.standing(p) != nil}
	if w.vector = src.doc.AppendStateVector(nil); len(w.vector) > protocol.MaxStateVector {
		w.vector = nil
	}
	if r.doc.Size() <= protocol.MinState {
		w.state = src.doc.AppendState(nil)
	} else {
		parts := r.whole(p.proto, src)
		w.state, w.parts = parts[0].update, parts[1:]
	}
	return w
}

var emptyUpdate = []byte{0, 0}

// welcome tells p of the room. From here on it is told what happens there.
func (r *room) welcome(p *Peer, w *welcome) {
	if p.left() {
		return
	}
	p.welcomed = true
	told := protocol.Room{ID: r.name, ReadOnly: w.readOnly, StateVector: w.vector, More: len(w.parts)}
	rest := r.participants(p, &told)
	p.send(seal(answer, p.proto, protocol.Message{Kind: protocol.RoomState, Room: &told, Body: w.state, Version: w.version}))
	for _, part := range w.parts {
		p.send(part)
	}
	for i := range rest {
		p.send(seal(answer, p.proto, protocol.Message{Kind: protocol.Joined, User: &rest[i]}))
	}
	r.sendAllPresence(p, answer)
	r.warnOfDamage(p)
	r.warnOfDelay(p)
}

// participants fills in the users that are present, and returns those who do not fit.
func (r *room) participants(p *Peer, told *protocol.Room) (rest []protocol.User) {
	all := r.presence.Users(&p.presence)
	n := protocol.FitParticipants(all)
	told.Participants = all[:n]
	return all[n:]
}

// sharedAnswer is the last answer that held the whole document, for as long as
// some queue holds it: fifty who join at once share one.
type sharedAnswer struct {
	version uint64
	proto   protocol.Protocol
	parts   []weak.Pointer[parcel]
}

// whole is the whole document as the answer to a SyncRequest.
func (r *room) whole(proto protocol.Protocol, src source) []*parcel {
	i := 0
	for i < len(r.full) && r.full[i].proto != proto {
		i++
	}
	if i == len(r.full) {
		r.full = append(r.full, sharedAnswer{proto: proto})
	}
	if parts := r.full[i].at(src.version); parts != nil {
		return parts
	}
	parts := r.replyIn(proto, src.version, protocol.MinState, src.doc.AppendState)
	r.full[i].keep(src.version, parts)
	return parts
}

// at returns the parts as long as all of them live.
func (s *sharedAnswer) at(version uint64) (parts []*parcel) {
	if s.version != version {
		return nil
	}
	for _, part := range s.parts {
		p := part.Value()
		if p == nil {
			return nil
		}
		parts = append(parts, p)
	}
	return parts
}

func (s *sharedAnswer) keep(version uint64, parts []*parcel) {
	s.version, s.parts = version, s.parts[:0]
	for _, p := range parts {
		s.parts = append(s.parts, weak.Make(p))
	}
}

// reply is what p lacks.
func (r *room) reply(p *Peer, src source) []*parcel {
	if len(p.debt.have) == 0 {
		return r.whole(p.proto, src)
	}
	return r.replyIn(p.proto, src.version, p.proto.MaxUpdate(), func(b []byte) []byte { return src.doc.AppendDiff(b, p.debt.have) })
}

// replyIn finishes an answer, whose first part has at most so many bytes. To y-websocket it is one message, as its
// arrival means that all is there.
func (r *room) replyIn(proto protocol.Protocol, version uint64, first int, appendTo func([]byte) []byte) (parts []*parcel) {
	m := lend(protocol.SyncReply, appendTo)
	defer m.repay()
	m.Version = version
	if !proto.Native() {
		return []*parcel{seal(answer, proto, m.Message)}
	}
	ydoc.SplitWithFirst(yjs.Trust(m.Body), first, proto.MaxUpdate(), func(part []byte) {
		sealed := seal(answer, proto, protocol.Message{Kind: protocol.SyncReply, Body: part, Version: version})
		if parts = append(parts, sealed); len(parts) == 1 {
			sealed.update = bytes.Clone(part)
		} else {
			sealed.first = parts[0]
		}
	})
	return parts
}
