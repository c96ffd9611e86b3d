package transport

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

const (
	// maxKeptBytes and maxKept bound what is kept for the documents of a connection that are not
	// open yet, in payloads.
	maxKeptBytes = 5 << 20
	maxKept      = 1000
)

var (
	errKeptTooMuch = &engine.CloseError{Code: closeReset,
		Reason:    "too much was sent before the document was opened",
		ErrorCode: protocol.CodeMessageTooLarge}
	errManyDocuments = &engine.CloseError{Code: closeReset,
		Reason: "too many documents on one connection", ErrorCode: protocol.CodeConnectionLimit}
)

// documentInput implements documentReceiver.
type documentInput struct{}

func (documentInput) receive(c *conn, f websocket.Frame, shared bool) {
	d := c.documents
	if c.closing.Load() {
		return
	}
	if !d.seen {
		if f.Op == websocket.OpText || !protocol.IsHocuspocus(f.Payload) && !isNameless(f.Payload) {
			c.closeForError(c.server.otherThanHocuspocus())
			return
		}
		d.seen = true
	}
	if len(f.Payload) == 1 && f.Op == websocket.OpBinary {
		c.receiveUnaddressed(f.Payload[0])
		return
	}
	address, payload, ok := protocol.CutAddress(f.Payload)
	if !ok || f.Op == websocket.OpText {
		if c.malformedMessage(); isNameless(f.Payload) {
			c.refuseName("")
		}
		return
	}
	s := d.find(address)
	if s != nil && s.document.closing {
		s = s.settleClosing(payload)
	}
	if s == nil {
		if s = c.newDocument(address, payload); s == nil {
			return
		}
	}
	s.receive(f, payload, shared)
}

// isNameless reports whether a frame has a token for a document with an empty name. No client of
// y-websocket begins with such a frame: it would be an update without content.
func isNameless(frame []byte) bool {
	return len(frame) > 1 && frame[0] == 0 && protocol.HocuspocusKind(frame[1:]) == protocol.Auth
}

// refuseName answers a token for a document whose name no document can have.
func (c *conn) refuseName(address string) {
	m := protocol.Message{Kind: protocol.Refusal, Text: errDocumentName.Reason}
	go newDocument(c, address).send(m)
}

// receiveUnaddressed processes a message that is about the connection.
func (c *conn) receiveUnaddressed(kind byte) {
	switch kind {
	case protocol.HocuspocusPing:
		go func() { _ = c.Write(pongFrame, nil) }()
	case protocol.HocuspocusPong:
	default:
		c.malformedMessage()
	}
}

// malformedMessage counts and charges a message that names no document.
func (c *conn) malformedMessage() {
	c.server.counters.unaddressed.Inc()
	c.noteInvalid(c.whole())
	c.Charge(malformedCost - 1)
}

// newDocument adds a document with the address that a message begins with. It returns nil if there
// is none: the message is answered then, or the connection closed.
func (c *conn) newDocument(address, payload []byte) *session {
	d := c.documents
	kind := protocol.HocuspocusKind(payload)
	switch {
	case kind == protocol.Detach:
		return nil
	case len(address) > protocol.MaxAddress:
		if c.malformedMessage(); kind == protocol.Auth {
			c.refuseName(string(address))
		}
		return nil
	}
	if len(d.all) >= c.server.cfg().DocumentsPerConnection {
		old := d.oldestRefused()
		if old == nil {
			c.closeForError(errManyDocuments)
			return nil
		}
		old.document.setPhase(detached)
		d.remove(old)
	}
	s := newDocument(c, string(address))
	d.add(s)
	return s
}

// receive processes a message for the document; reading is held.
func (s *session) receive(f websocket.Frame, payload []byte, shared bool) {
	d := s.document
	kind := protocol.HocuspocusKind(payload)
	switch kind {
	case protocol.Auth:
		s.receiveToken(payload)
		if d.remote.Load() == nil {
			return
		}
	case protocol.Detach:
		s.receiveDetach()
		return
	case protocol.SyncRequest:
		d.unacked.Store(1)
		d.unsure.Store(0)
		d.setVector(vectorOf(payload))
	case protocol.SyncReply:
		d.setVector(nil)
		s.conn.documents.answered = true
		if remote := d.remote.Load(); remote != nil {
			remote.replied.Store(true)
		}
	case protocol.Update:
		if !s.conn.documents.answered && d.isLate(payload) {
			return
		}
		d.unacked.Add(1)
	}
	switch {
	case d.phase == refused, d.phase == away:
	case d.remote.Load() != nil:
		s.relay(f, payload)
	case d.phase == inRoom && d.worker() == nil:
		s.deliverDocument(payload, shared)
	default:
		s.keep(f, payload)
	}
}

// keep keeps a message until the document is open, or its room is not busy any more; reading is
// held. It closes the connection if that is too much for a document that is not open. Otherwise the
// connection pauses.
func (s *session) keep(f websocket.Frame, payload []byte) {
	c, all, d := s.conn, s.conn.documents, s.document
	if all.kept >= maxKept || int(all.keptBytes)+len(payload) > maxKeptBytes {
		if d.phase != inRoom {
			c.closeForError(errKeptTooMuch)
			return
		}
		d.unacked.Add(-s.counts(payload)) // it is received once more
		f.Payload = bytes.Clone(f.Payload)
		c.deferred, c.paused, all.waits = &deferredFrame{Frame: f, charged: true}, true, true
		return
	}
	u := d.unsettle()
	u.kept = append(u.kept, bytes.Clone(payload))
	all.kept++
	all.keptBytes += int32(len(payload))
}

// counts returns by how much a message raises unacked.
func (s *session) counts(payload []byte) int32 {
	if protocol.HocuspocusKind(payload) == protocol.Update {
		return 1
	}
	return 0
}

// deliverDocument delivers a message to the document's room; reading is held. A short message that
// has to wait for the room is left to a goroutine, and other documents go on. A long one pauses the
// connection, as a long message of any client does.
func (s *session) deliverDocument(payload []byte, shared bool) {
	p := s.peer()
	if !shared && len(payload) >= longMessage {
		if err := s.conn.deliverLong(p, payload); err != nil {
			s.endFor(err)
		}
		return
	}
	left, err := p.TryDeliver(payload)
	if err != nil {
		s.endFor(err)
	} else if left != nil {
		left.Own()
		s.document.unsettle().worker = p
		go s.work(p, left)
	}
}

// work delivers a message that had to wait for the room, nil for none, and then what was kept
// meanwhile. document.worker is p.
func (s *session) work(p peer, left *engine.Undelivered) {
	defer s.conn.rescue()
	var err error
	if left != nil {
		err = p.DeliverRest(left)
	}
	for payload := s.nextKept(p, err); payload != nil; payload = s.nextKept(p, err) {
		if len(payload) < longMessage {
			err = p.Deliver(payload)
		} else {
			err = s.conn.deliverLong(p, payload)
		}
	}
}

// nextKept returns the next message for work, or nil if there is none, after an error, or when the
// session has left its room: then work ends.
func (s *session) nextKept(p peer, err error) (payload []byte) {
	c, d := s.conn, s.document
	c.reading.Lock()
	defer c.reading.Unlock()
	if d.worker() != p { // the document was opened again
		return nil
	}
	if err != nil {
		s.endFor(err)
	}
	if d.phase == inRoom && !c.closing.Load() {
		if payload = s.takeKept(); payload != nil {
			return payload
		}
	}
	d.unsettled.worker = nil
	d.settle()
	if all := c.documents; all.waits {
		all.waits = false
		go c.resume()
	}
	return nil
}

// skipped takes the message to be for the only document.
func (documentInput) skipped(c *conn) {
	var only *session
	for _, s := range c.documents.all {
		if s.peer() != nil && only != nil {
			only = nil
			break
		}
		if s.peer() != nil {
			only = s
		}
	}
	if only == nil || len(c.documents.all) > 1 {
		c.closeForError(errTooLarge)
		return
	}
	only.document.unacked.Add(1)
	only.peer().TooLong()
}
