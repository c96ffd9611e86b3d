package transport

import (
	"context"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// unsettled is the state of a document that is not open, or for which something waits. An idle
// document has none. conn.reading guards it.
type unsettled struct {
	kept    [][]byte // payloads that wait to be delivered
	hasNext bool
	worker  peer               // that a goroutine delivers to, while what comes is kept
	cancel  context.CancelFunc // ends its opening; nil: it is not being opened
	next    string             // a token that came while it was opened, with hasNext
	vector  yjs.StateVector    // of the client's step 1, until its step 2 has come; else nil
	tries   uint               // how often it was opened in vain since it was in its room
}

// unsettle returns the state of a document for which something is to wait; reading is held.
func (d *document) unsettle() *unsettled {
	if d.unsettled == nil {
		d.unsettled = new(unsettled)
	}
	return d.unsettled
}

// settle frees that state if the document is open and nothing waits; reading is held.
func (d *document) settle() {
	u := d.unsettled
	if u != nil && d.phase == inRoom && len(u.kept) == 0 && !u.hasNext && u.worker == nil &&
		u.cancel == nil && u.vector == nil && u.tries == 0 {
		d.unsettled = nil
	}
}

// worker returns the peer that a goroutine delivers to, while what comes is kept; nil if there is
// none. reading is held.
func (d *document) worker() peer {
	if d.unsettled == nil {
		return nil
	}
	return d.unsettled.worker
}

// setVector notes the state vector of the client's step 1, nil once its step 2 has come; reading is
// held.
func (d *document) setVector(v yjs.StateVector) {
	if v == nil && d.unsettled == nil {
		return
	}
	d.unsettle().vector = v
	d.settle()
}

// cancelOpening ends the opening of the document, if it is being opened; reading is held.
func (d *document) cancelOpening() {
	if u := d.unsettled; u != nil && u.cancel != nil {
		u.cancel()
		u.cancel = nil
	}
	d.settle()
}

// keptMessages returns how many messages wait; reading is held.
func (d *document) keptMessages() int {
	if d.unsettled == nil {
		return 0
	}
	return len(d.unsettled.kept)
}

// takeKept returns the first message that was kept, nil if there is none; reading is held.
func (s *session) takeKept() (payload []byte) {
	all, d := s.conn.documents, s.document
	if d.keptMessages() == 0 {
		d.settle()
		return nil
	}
	u := d.unsettled
	payload = u.kept[0]
	u.kept[0], u.kept = nil, u.kept[1:]
	if len(u.kept) == 0 {
		u.kept = nil
	}
	all.kept--
	all.keptBytes -= int32(len(payload))
	return payload
}

// dropKept drops what was kept; reading is held.
func (s *session) dropKept() {
	for s.takeKept() != nil {
	}
}
