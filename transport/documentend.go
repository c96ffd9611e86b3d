package transport

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// The provider opens no document again that was closed, before its connection has ended. So a
// document whose client is to come back, as after an eviction of its room, is opened again by the
// server, with the token that it was opened with, and the client is not told. Its answer to the
// room's step 1 has what it wrote meanwhile (engine.Resumer).

// The pause before a document is opened again doubles with each attempt.
const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// openLater makes the sweep open the document again; reading is held.
func (s *session) openLater() {
	d := s.document
	u := d.unsettle()
	pause := min(firstRetry<<min(u.tries, 16), lastRetry)
	pause += rand.N(pause/2 + 1)
	d.setPhase(away)
	d.resumes = true
	u.tries++
	d.retryAt.Store(int64(s.conn.now() + pause))
}

// detach ends the session at its client's wish; reading is held. Nothing answers that.
func (s *session) detach() {
	d := s.document
	d.endCode = closeNormal
	s.leave()
	s.dropKept()
	s.closeRemote()
	d.cancelOpening()
	d.setPhase(detached)
	s.conn.documents.remove(s)
}

// endFor ends the session for an error of the engine or the client; reading is held.
func (s *session) endFor(err error) {
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	if why.Code == engine.CloseInvalidUpdate {
		s.conn.noteInvalid(s)
	}
	s.logEnded(why)
	s.endDocument(why)
}

// endDocument ends the session; reading is held. The connection stays, unless the server shuts
// down: then it is closed with its last document.
func (s *session) endDocument(why *engine.CloseError) {
	c, d := s.conn, s.document
	if d.phase != inRoom || c.closing.Load() {
		return
	}
	d.endCode = uint16(c.server.closeCode(why))
	s.leave()
	s.dropKept()
	s.closeRemote()
	c.server.counters.documentsEnded[reasonOf(why)].Inc()
	switch {
	case c.server.shuttingDown.Load():
		if d.setPhase(refused); !c.documents.inRooms() {
			c.closeNow(errRestarting)
		}
	case c.handedOn && comesBack(why.Code):
		c.closeNow(why) // the node that it came to opens it again
	case comesBack(why.Code):
		s.openLater()
	default:
		d.setPhase(refused)
		d.denied = true
		go s.send(protocol.Message{Kind: protocol.Detach, Text: why.Reason})
	}
}

// inRooms reports whether a document is in its room; reading is held.
func (d *documents) inRooms() bool {
	for _, s := range d.all {
		if s.document.phase == inRoom {
			return true
		}
	}
	return false
}

// closeDocument is endDocument for callers that may hold any lock. It returns soon.
func (s *session) closeDocument(why *engine.CloseError) {
	go func() {
		s.conn.reading.Lock()
		defer s.conn.reading.Unlock()
		s.endDocument(why)
	}()
}

// finishDocument cuts the client off if the session does not end in time, as its client takes
// nothing.
func (s *session) finishDocument() {
	p := s.peer()
	time.AfterFunc(s.conn.server.cfg().CloseTimeout, func() {
		if p != nil && s.peer() == p {
			s.conn.abort()
		}
	})
}

// malformedCost is how many messages one counts for that cannot be read, or has a token that is
// refused, in the rate of its connection.
const malformedCost = 10

// Shares of the life of a token, and times, at which a fresh one is requested before it ends.
const (
	askShare    = 10 // one tenth
	maxAsk      = time.Minute
	minAsk      = 5 * time.Second
	askInterval = 20 * time.Second
)

// askBefore requests a fresh token in time before a session ends.
func (s *session) askBefore(granted auth.Session) {
	if s.document == nil {
		return
	}
	at := int64(never)
	if !granted.Expires.IsZero() {
		left := time.Until(granted.Expires)
		before := min(max(left/askShare, minAsk), maxAsk, left/2)
		at = granted.Expires.Add(-before).Unix()
	}
	s.document.askAt.Store(at)
}

// askForToken requests a fresh token.
func (s *session) askForToken(wall time.Time) {
	s.document.askAt.Store(wall.Add(askInterval).Unix())
	go s.send(protocol.Message{Kind: protocol.TokenRequest})
}

// renewedDocument notes a fresh token that is valid. A client that was sent a refusal is notified
// that it does not hold.
func (s *session) renewedDocument(p peer, granted auth.Session, token string) {
	s.askBefore(granted)
	s.conn.reading.Lock()
	defer s.conn.reading.Unlock()
	s.document.token = token
	if s.document.denied {
		s.document.denied = false
		readOnly := p.Identity().ReadOnly
		go s.send(protocol.Message{
			Kind: protocol.Access, Room: &protocol.Room{ReadOnly: readOnly},
		})
	}
}

// comesBack reports whether a session that has ended for a reason is to begin again by itself.
func comesBack(why engine.CloseCode) bool {
	switch why {
	case engine.CloseUnavailable, engine.CloseInternal, engine.CloseTooMany,
		engine.CloseUnpublished, engine.CloseRateLimited:
		return true
	}
	return false
}
