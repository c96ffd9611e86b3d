package transport

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"
)

var errDocumentName = &engine.CloseError{
	Code: engine.CloseRoomNotFound, Reason: "not a document's name",
}

// receiveToken opens the document with the token of a message, or gives its session a fresh one;
// reading is held.
func (s *session) receiveToken(payload []byte) {
	c, d := s.conn, s.document
	var m protocol.Message
	if _, err := (protocol.Hocuspocus{}).Next(payload, &m); err != nil {
		c.malformedMessage()
		return
	}
	if m.Text != "" { // a version; the first that has one is 4
		c.documents.pings = true
	}
	switch d.phase {
	case phaseOpening:
		u := d.unsettle()
		u.next, u.hasNext = string(m.Body), true
	case inRoom:
		if d.remote.Load() != nil {
			d.token = string(m.Body)
			return
		}
		s.renewDocument(string(m.Body))
	default:
		d.resumes = d.phase != awaitingToken
		s.open(string(m.Body))
	}
}

// open opens the document on a goroutine; reading is held.
func (s *session) open(token string) {
	d := s.document
	d.setPhase(phaseOpening)
	d.token, d.again = token, false
	d.retryAt.Store(never)
	d.cancelOpening()
	var ctx context.Context
	ctx, d.unsettle().cancel = context.WithCancel(context.Background())
	go s.openDocument(ctx)
}

// renewDocument checks a fresh token while the document is used; reading is held. If tokens come
// faster than they are checked, only the newest counts.
func (s *session) renewDocument(token string) {
	first := s.tokens == nil
	if s.tokens = (&tokenQueue{[]string{token}}); first {
		go s.renewDocumentAll(s.peer())
	}
}

func (s *session) renewDocumentAll(p peer) {
	var checked *tokenQueue
	for next := s.nextToken(nil); next != nil; next = s.nextToken(checked) {
		s.tryRenew(p, next.list[0])
		checked = next
	}
}

// nextToken returns the newest token, nil if that was checked and so is forgotten.
func (s *session) nextToken(checked *tokenQueue) *tokenQueue {
	s.conn.reading.Lock()
	defer s.conn.reading.Unlock()
	if s.tokens == checked {
		s.tokens = nil
	}
	return s.tokens
}

// openDocument takes the client into the room of the document, or refuses it.
func (s *session) openDocument(ctx context.Context) {
	defer s.conn.rescue()
	began := time.Now()
	r := s.request()
	if s.route(ctx, &r) {
		return
	}
	p, granted, err := s.joinDocument(ctx, &r)
	if isElsewhere(err) && s.route(ctx, &r) {
		return
	}
	if err == nil {
		err = s.joinedDocument(p, granted, r.token)
	}
	if err != nil && ctx.Err() == nil {
		s.refuseDocument(r, err)
		return
	}
	s.conn.server.counters.joins.UpdateDuration(began)
}

// request returns the room and the token that the document is opened with.
func (s *session) request() joinRequest {
	s.conn.reading.Lock()
	defer s.conn.reading.Unlock()
	name := protocol.NameOf(s.document.address)
	r := joinRequest{path: name, token: s.document.token}
	var err error
	if r.room, err = s.conn.server.cfg().DocumentRooms.Room(name); err != nil {
		r.room, r.err = roomkey.Key{}, errDocumentName
	} else if only := s.conn.origin().room; only != "" && r.room.String() != only {
		r.err = errMoved
	}
	return r
}

// joinDocument is joinRoom for a document.
func (s *session) joinDocument(ctx context.Context, r *joinRequest) (
	p peer, granted auth.Session, err error,
) {
	if r.err != nil {
		return nil, granted, r.err
	}
	deadline := time.Now().Add(s.conn.server.cfg().JoinTimeout)
	granted, identity, err := s.identify(ctx, deadline, r)
	if err == nil {
		err = s.countUser(identity.ID)
	}
	if err == nil {
		p, err = s.enter(ctx, deadline, r.room, identity)
	}
	return p, granted, err
}

// countUser counts the connection for the user of its last document.
func (s *session) countUser(user string) error {
	s.conn.reading.Lock()
	defer s.conn.reading.Unlock()
	return s.conn.server.connLimits.SetUser(&s.conn.counted, user)
}

// joinedDocument begins the session of a client that has joined the document's room, unless it does
// not want the document any more, and delivers what was kept.
func (s *session) joinedDocument(p peer, granted auth.Session, token string) error {
	c, d := s.conn, s.document
	c.reading.Lock()
	defer c.reading.Unlock()
	if d.phase != phaseOpening || c.phase == over {
		p.Leave()
		return nil
	}
	if err := c.server.engine.KeptOut(p.User(), p.Room()); err != nil { // banned since Join
		p.Leave()
		return err
	}
	s.member.Store(&member{p, c.now()})
	d.setPhase(inRoom)
	d.denied, d.resumes = false, true
	c.documents.authenticated.Store(true)
	go c.logJoined(p)
	s.begin(p, granted, token)
	s.askBefore(granted)
	u := d.unsettle()
	u.tries = 0
	if u.hasNext {
		u.hasNext = false
		s.renewDocument(u.next)
	}
	if len(u.kept) > 0 || u.worker != nil {
		u.worker = p
		go s.work(p, nil)
	}
	d.cancelOpening()
	return nil
}

// Resumes implements engine.Resumer.
func (s *session) Resumes() (waiting uint32, resumes bool) {
	d := s.document
	if d == nil {
		return 0, false
	}
	return uint32(d.unacked.Load()), d.resumes
}

// refuseDocument notifies the client that the document is not opened, or opens it again later if
// the reason may go.
func (s *session) refuseDocument(r joinRequest, err error) {
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	c, d := s.conn, s.document
	c.noteRefusal(r, why)
	c.logRefusal(r, why)
	c.reading.Lock()
	defer c.reading.Unlock()
	if d.phase != phaseOpening || c.closing.Load() {
		return
	}
	d.cancelOpening()
	u := d.unsettle()
	if u.hasNext && why.Code == engine.CloseAuthFailed {
		u.hasNext = false
		s.open(u.next)
		return
	}
	u.hasNext = false
	s.dropKept()
	if d.again && why.Code == engine.CloseAuthFailed { // the token has ended meanwhile
		d.setPhase(refused)
		go s.send(protocol.Message{Kind: protocol.TokenRequest})
		return
	}
	c.server.counters.documentRefused(why)
	if c.handedOn && comesBack(why.Code) {
		c.closeNow(why) // the node that it came to tries again
		return
	}
	if comesBack(why.Code) {
		s.openLater()
		if isQuiet(why.Code) && u.tries <= quietTries {
			return
		}
	} else {
		d.setPhase(refused)
		c.Charge(malformedCost - 1)
	}
	d.denied = true
	go s.send(protocol.Message{Kind: protocol.Refusal, Text: why.Reason})
}

// quietTries is how often a document is tried to be opened before its client is notified that it is
// not, if the reason is the server's.
const quietTries = 3

// isQuiet reports whether a reason is the server's, and likely to go soon.
func isQuiet(why engine.CloseCode) bool {
	return why == engine.CloseUnavailable || why == engine.CloseInternal
}

// openAgain opens a document whose pause is over.
func (s *session) openAgain() {
	s.conn.reading.Lock()
	defer s.conn.reading.Unlock()
	if s.document.phase == away && !s.conn.closing.Load() {
		s.open(s.document.token)
		s.document.again = true
	}
}
