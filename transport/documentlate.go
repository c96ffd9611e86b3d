package transport

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// maxVector is the length in bytes of the longest message whose state vector is kept.
const maxVector = 64 << 10

// vectorOf returns the state vector of a step 1; nil if it is empty, very long, or malformed.
func vectorOf(payload []byte) yjs.StateVector {
	var m protocol.Message
	if _, err := (protocol.Hocuspocus{}).Next(payload, &m); err != nil || len(payload) > maxVector {
		return nil
	}
	vector, err := yjs.ParseStateVector(nil, m.Body)
	if err != nil || len(vector) == 0 {
		return nil
	}
	return vector
}

// isLate reports whether an update is older than the client's last step 1. The provider keeps the
// updates that it could not send while it was away, and sends them after its step 1, with which it
// began to count anew: such an update has no Ack, which would count for another. It is left out, as
// the client's step 2, which follows, has it. If it only deletes, and has come after the document
// was opened, as what was kept comes then, its age is not known: its Ack waits (ackUnsure).
func (d *document) isLate(payload []byte) bool {
	if d.unsettled == nil || d.unsettled.vector == nil {
		return false
	}
	var m protocol.Message
	if _, err := (protocol.Hocuspocus{}).Next(payload, &m); err != nil {
		return false
	}
	u, err := yjs.CheckUpdate(m.Body)
	if err != nil {
		return false
	}
	for s := range u.Sections() {
		if clock, _ := d.unsettled.vector.Clock(s.Client); s.Clock >= clock {
			return false
		}
	}
	if !u.HasStructs() && d.phase == inRoom {
		d.unsure.Add(1)
	}
	return u.HasStructs() || d.phase == inRoom
}

// ackUnsureAfter is for how long a client has sent nothing before it is sent Acks that it may not
// wait for.
const ackUnsureAfter = 2 * time.Second

// mayAckUnsure reports whether it is time for ackUnsure.
func (s *session) mayAckUnsure(now time.Duration) bool {
	d := s.document
	silent := now - time.Duration(s.conn.received.Load())
	return d.unsure.Load() > 0 && d.unacked.Load() == 0 && silent >= ackUnsureAfter
}

// ackUnsure sends the Acks of updates of which it is not known whether the client counts them. All
// that it does count is durable, as it has all other Acks: if it counts no more, it ignores these.
func (s *session) ackUnsure() {
	d := s.document
	s.conn.reading.Lock()
	n := int32(0)
	if d.phase == inRoom && d.unacked.Load() == 0 {
		n = d.unsure.Swap(0)
	}
	s.conn.reading.Unlock()
	for range n {
		s.send(protocol.Message{Kind: protocol.Ack, Count: 1})
	}
}

// lateCloseAfter is how long a client that has closed a document, perhaps late, may take to show
// that it has it open.
const lateCloseAfter = 5 * time.Second

// receiveDetach ends the session at its client's wish; reading is held. The provider also keeps a
// Detach that it could not send while it was away, and sends it behind the token with which it has
// opened the document again: so does a page that attaches a provider, detaches it and attaches
// another one before the connection is there, as React does in development. So before the client
// has answered anything the session goes on, for lateCloseAfter, or for good if the client sends
// more for the document.
func (s *session) receiveDetach() {
	all, d := s.conn.documents, s.document
	if all.answered || d.phase == awaitingToken || d.phase == refused {
		s.detach()
		return
	}
	d.closing = true
	d.leaveAt.Store(int64(s.conn.now() + lateCloseAfter))
}

// settleClosing decides with the next message for the document whether the Detach before was late:
// then it returns the session, else nil, as that has ended. reading is held.
func (s *session) settleClosing(payload []byte) *session {
	switch protocol.HocuspocusKind(payload) {
	case protocol.Auth, protocol.Detach:
		s.detach()
		return nil
	}
	s.document.closing = false
	s.document.leaveAt.Store(never)
	return s
}

// leaveIfSilent ends the session if its Detach was not late.
func (s *session) leaveIfSilent() {
	s.conn.reading.Lock()
	defer s.conn.reading.Unlock()
	if s.document.closing && s.document.phase != detached {
		s.detach()
	}
}
