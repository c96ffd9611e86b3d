package transport

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/websocket"
)

// documents are the sessions of a connection whose protocol has several, one for each address.
type documents struct {
	fed atomic.Int64 // services.clock when a message was last sent; 0: none was

	// Guarded by conn.reading.
	keptBytes int32 // bytes of what documents keep, all together
	kept      int16 // messages, as keptBytes
	seen      bool  // a message of the protocol has come
	answered  bool  // a step 2 has come: the client has sent what had waited for the connection
	secure    bool  // the client has come over TLS; set before the first message
	pings     bool  // the client knows HocuspocusPing
	waits     bool  // the connection is paused until a document has delivered what it kept

	authenticated atomic.Bool // a document was opened once

	mu  sync.Mutex // a leaf; guards all, which is changed with conn.reading held
	all []*session
	one [1]*session // memory of all, while there is no more than one
}

// documentReceiver processes messages of connections with several documents; conn.reading is held.
type documentReceiver interface {
	// receive processes a message. shared is explained at dispatch.
	receive(c *conn, f websocket.Frame, shared bool)
	// skipped handles a message that was too long, and was dropped with its address.
	skipped(c *conn)
}

// documentPhase is where a document is in its life.
type documentPhase uint8

const (
	awaitingToken documentPhase = iota // what comes is kept
	phaseOpening                       // its token is checked, its room loads; what comes is kept
	inRoom                             // what comes is delivered
	away                               // it is opened again at retryAt; what comes is dropped
	refused                            // what comes is dropped, but a token, which opens it
	detached                           // it is in no list any more
)

// document is the part of a session that is one of several. Updates that are dropped are still on
// the client, and are requested when the document is opened again.
type document struct {
	address string // as the client sends it: a name, or that, a NUL and the id of a session
	id      uint64 // as conn.id

	remote  atomic.Pointer[remoteDocument] // nil: its room is here, or it is in none
	retryAt atomic.Int64                   // services.clock at which it is opened again; or never
	leaveAt atomic.Int64                   // services.clock at which a Detach counts; or never
	askAt   atomic.Int64                   // Unix time for requesting a fresh token; or never
	unacked atomic.Int32                   // updates that the client counts, and has no Ack for
	unsure  atomic.Int32                   // updates that it may count, and has no Ack for

	isRefused atomic.Bool // the phase is refused

	// Guarded by conn.reading, as are changes of remote.
	phase     documentPhase
	resumes   bool       // the client does not ask for the document when it is opened
	denied    bool       // the client was sent a refusal, which an answer must take back
	closing   bool       // a Detach has come, which may be late
	again     bool       // the server opens it by itself, with a token of earlier
	endCode   uint16     // close code that would have ended a connection
	token     string     // that opened it, or is to
	unsettled *unsettled // nil: the document is open, and nothing waits
}

// setPhase changes the phase; reading is held.
func (d *document) setPhase(p documentPhase) {
	d.phase = p
	d.isRefused.Store(p == refused)
}

// newDocument returns the session of a document that waits for a token. It is one object with the
// document, which takes less memory than two.
func newDocument(c *conn, address string) *session {
	both := new(struct {
		session
		document
	})
	s, d := &both.session, &both.document
	s.init(c)
	s.document = d
	d.address, d.id = address, c.server.lastConn.Add(1)
	d.retryAt.Store(never)
	d.leaveAt.Store(never)
	d.askAt.Store(never)
	return s
}

// whole returns the session that stands for the connection as a whole in logs, events and lists:
// its only one or, if it has several, a new one that is in no room.
func (c *conn) whole() *session {
	if c.session != nil {
		return c.session
	}
	return newSession(c)
}

// find returns the session of an address, nil if there is none; reading is held.
func (d *documents) find(address []byte) *session {
	for _, s := range d.all {
		if s.document.address == string(address) {
			return s
		}
	}
	return nil
}

// add adds a session; reading is held.
func (d *documents) add(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all) == 0 {
		d.all = d.one[:0]
	}
	d.all = append(d.all, s)
	s.conn.server.documentCount.Add(1)
}

// remove removes a session; reading is held.
func (d *documents) remove(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, other := range d.all {
		if other == s {
			last := len(d.all) - 1
			d.all[i], d.all[last] = d.all[last], nil
			d.all = d.all[:last]
			s.conn.server.documentCount.Add(-1)
			return
		}
	}
}

// oldestRefused returns a document that was refused, nil if there is none; reading is held.
func (d *documents) oldestRefused() (oldest *session) {
	for _, s := range d.all {
		if s.document.phase == refused && (oldest == nil || s.document.id < oldest.document.id) {
			oldest = s
		}
	}
	return oldest
}

// each calls f with every session; f takes no lock but leaves.
func (d *documents) each(f func(*session)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.all {
		f(s)
	}
}

// list returns all sessions.
func (d *documents) list() []*session {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]*session(nil), d.all...)
}

// eachSession calls f with every session of the connection; f takes no lock but leaves.
func (c *conn) eachSession(f func(*session)) {
	if c.documents == nil {
		f(c.session)
		return
	}
	c.documents.each(f)
}

// sessions returns all sessions of the connection.
func (c *conn) sessions() []*session {
	if c.documents == nil {
		return []*session{c.session}
	}
	return c.documents.list()
}

// leaveRooms takes the client out of all its rooms; reading is held.
func (c *conn) leaveRooms() {
	if c.documents == nil {
		c.session.leave()
		return
	}
	for _, s := range c.documents.list() {
		s.document.endCode = uint16(c.code.Load())
		s.leave()
		s.dropKept()
		s.closeRemote()
		s.document.cancelOpening()
		s.document.setPhase(detached)
		c.documents.remove(s)
	}
}

// mayWait returns for how long input of the connection may wait (peer.MayWait).
func (d *documents) mayWait(now time.Time) (wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := true
	for _, s := range d.all {
		if p := s.peer(); p != nil {
			if w := p.MayWait(now); first || w < wait {
				wait, first = w, false
			}
		}
	}
	return wait
}

// firstRoom returns the name of a room that the client is in; empty if it is in none.
func (c *conn) firstRoom() (room string) {
	c.eachSession(func(s *session) {
		if p := s.peer(); p != nil && room == "" {
			room = p.Room().String()
		}
	})
	return room
}
