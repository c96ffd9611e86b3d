package transport

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// documents are the sessions of a connection whose protocol has several, one for each address.
type documents struct {
	receiver documentReceiver

	// Guarded by conn.reading.
	seen      bool   // a message of the protocol has come
	answered  bool   // a step 2 has come: the client has sent what had waited for the connection
	only      string // the room that another node hands on; empty: any
	secure    bool   // the client has come over TLS; set before the first message
	pings     bool   // the client knows HocuspocusPing
	keptBytes int    // of all documents together, as keptFrames
	kept      int
	waits     bool // the connection is paused until a document has delivered what it kept

	authenticated atomic.Bool  // a document was opened once
	fed           atomic.Int64 // services.clock when a message was last sent; 0: none was

	mu  sync.Mutex // a leaf; guards all, which is changed with conn.reading held
	all []*session
}

// documentReceiver processes messages of a connection with several documents; reading is held.
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
	wire    []byte // address, encoded
	id      uint64 // as conn.id

	// Guarded by conn.reading.
	phase     documentPhase
	kept      [][]byte // payloads that wait to be delivered
	keptBytes int
	worker    peer               // that a goroutine delivers to, while what comes is kept
	token     string             // that opened it, or is to
	cancel    context.CancelFunc // ends its opening; nil: it is not being opened
	next      string             // a token that came while it was opened
	hasNext   bool
	resumes   bool            // the client does not ask for the document when it is opened
	remote    *remoteDocument // nil: its room is here, or it is in none
	relaying  bool            // a goroutine passes what was kept to the remote node
	vector    yjs.StateVector // of the client's step 1, until its step 2 has come; else nil
	denied    bool            // the client was sent a refusal, which an answer must take back
	tries     uint            // how often it was opened in vain since it was in its room
	again     bool            // the server opens it by itself, with a token of earlier
	closing   bool            // a Detach has come, which may be late
	endCode   uint16          // close code that would have ended a connection

	isRefused atomic.Bool                    // the phase is refused
	listed    atomic.Pointer[remoteDocument] // remote
	surplus   atomic.Int32                   // noSurplus, or Acks to be added (documentrelay.go)
	replied   atomic.Bool                    // the client has sent step 2 since it was opened

	retryAt atomic.Int64 // services.clock at which it is opened again; or never
	leaveAt atomic.Int64 // services.clock at which a Detach counts, if it is not late; or never
	askAt   atomic.Int64 // Unix time at which a fresh token is requested; or never
	unacked atomic.Int32 // updates that the client counts, and has no Ack for
	unsure  atomic.Int32 // updates that it may count, and has no Ack for
}

// setPhase changes the phase; reading is held.
func (d *document) setPhase(p documentPhase) {
	d.phase = p
	d.isRefused.Store(p == refused)
}

// newDocument returns the session of a document that waits for a token.
func newDocument(c *conn, address string) *session {
	s := newSession(c)
	s.document = &document{
		address: address, wire: protocol.AppendAddress(nil, address), id: c.server.lastConn.Add(1),
	}
	s.document.retryAt.Store(never)
	s.document.leaveAt.Store(never)
	s.document.askAt.Store(never)
	return s
}

// newDocuments makes c a connection with several documents.
func newDocuments(c *conn, receiver documentReceiver) {
	c.session.documents = &documents{receiver: receiver}
}

// documents returns the sessions of a connection with several; nil if it has one. Then conn.session
// is that one, else it is in no room.
func (c *conn) documents() *documents { return c.session.documents }

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
	if c.documents() == nil {
		f(c.session)
		return
	}
	c.documents().each(f)
}

// sessions returns all sessions of the connection.
func (c *conn) sessions() []*session {
	if c.documents() == nil {
		return []*session{c.session}
	}
	return c.documents().list()
}

// leaveRooms takes the client out of all its rooms; reading is held.
func (c *conn) leaveRooms() {
	if c.documents() == nil {
		c.session.leave()
		return
	}
	for _, s := range c.documents().list() {
		s.document.endCode = uint16(c.code.Load())
		s.leave()
		s.dropKept()
		s.document.closeRemote()
		s.document.cancelOpening()
		s.document.setPhase(detached)
		c.documents().remove(s)
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

// remoteDocument is a document that another node serves.
type remoteDocument struct {
	stream net.Conn
	peer   string // address of the node
	room   roomkey.Key
}

// setRemote notes that the document is relayed, or with nil that it is not any more; reading is
// held.
func (d *document) setRemote(remote *remoteDocument) {
	d.remote, d.relaying = remote, false
	d.listed.Store(remote)
}

// cancelOpening ends the opening of the document, if it is being opened; reading is held.
func (d *document) cancelOpening() {
	if d.cancel != nil {
		d.cancel()
		d.cancel = nil
	}
}

// closeRemote ends the relaying of the document, if it is relayed; reading is held.
func (d *document) closeRemote() {
	if remote := d.remote; remote != nil {
		d.setRemote(nil)
		go func() { _ = remote.stream.Close() }()
	}
}

// takeKept returns the first message that was kept, nil if there is none; reading is held.
func (s *session) takeKept() (payload []byte) {
	all, d := s.conn.documents(), s.document
	if len(d.kept) == 0 {
		d.kept = nil
		return nil
	}
	payload = d.kept[0]
	d.kept[0], d.kept = nil, d.kept[1:]
	d.keptBytes -= len(payload)
	all.kept--
	all.keptBytes -= len(payload)
	return payload
}

// dropKept drops what was kept; reading is held.
func (s *session) dropKept() {
	for s.takeKept() != nil {
	}
}
