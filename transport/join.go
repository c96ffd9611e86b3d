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

// serve takes the client into its room, or refuses it. It runs on a goroutine of the connection's
// own, and then begins to process input.
func (c *conn) serve(r joinRequest) {
	defer c.open()
	defer c.rescue()
	if c.documents != nil && r.err == nil {
		return // each document is joined by itself
	}
	began := time.Now()
	if err := c.whole().join(&r); err != nil {
		c.refuse(r, err)
		return
	}
	c.server.counters.joins.UpdateDuration(began)
}

// join identifies the client and takes it into its room, unless the client leaves before.
func (s *session) join(r *joinRequest) error {
	if r.err != nil {
		return r.err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.conn.watchHangupWhileJoining(cancel)
	defer s.conn.watchHangupWhileJoining(nil)
	err := s.joinRoom(ctx, r)
	if ctx.Err() != nil {
		return errLeft
	}
	return err
}

var errLate = &engine.CloseError{Code: engine.CloseUnavailable,
	Reason: "room is not ready yet, try again", ErrorCode: protocol.CodeInternal}

// watchHangupWhileJoining makes the connection call hungUp when the client closes it while nothing
// is read. nil ends that.
func (c *conn) watchHangupWhileJoining(hungUp func()) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.hungUp = hungUp; hungUp == nil {
		c.sock.Unwatch()
	} else {
		c.sock.WatchHangup()
	}
}

func (s *session) joinRoom(ctx context.Context, r *joinRequest) error {
	c, server := s.conn, s.conn.server
	deadline := time.Now().Add(server.cfg().JoinTimeout)
	granted, identity, err := s.identify(ctx, deadline, r)
	if err != nil {
		return err
	}
	if err := server.connLimits.SetUser(&c.counted, identity.ID); err != nil {
		return err
	}
	p, err := s.enter(ctx, deadline, r.room, identity)
	if err != nil {
		return err
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	s.member.Store(&member{p, c.now()})
	if err := server.engine.KeptOut(p.User(), p.Room()); err != nil { // banned since Join
		s.leave()
		return err
	}
	go c.logJoined(p) // on another goroutine, as this one would keep the large stack
	server.repeats.Forget(r.client(c.address()))
	s.begin(p, granted, r.token)
	return nil
}

// enter joins a room.
func (s *session) enter(
	ctx context.Context, deadline time.Time, room roomkey.Key, identity engine.Identity,
) (peer, error) {
	e := s.conn.server.engine
	busy := func() bool { return e.Preparing(room) }
	ctx, cancel := unlessBusy(ctx, time.Until(deadline), busy)
	defer cancel()
	p, err := e.Join(ctx, room, s, s.conn.speaks(), identity)
	if err == nil {
		return p, nil
	}
	late := context.Cause(ctx) == context.DeadlineExceeded
	if late && !errors.As(err, new(*engine.CloseError)) {
		return nil, errLate
	}
	return nil, err
}

// identify returns the client's session, and its identity in the room that it asks for. From here
// on the sweep ends the session when it expires.
func (s *session) identify(ctx context.Context, deadline time.Time, r *joinRequest) (
	granted auth.Session, identity engine.Identity, err error,
) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if r.known == nil {
		s.conn.server.checkToken(auth.WithAddress(ctx, s.conn.address()), r)
	}
	if s.conn.noteToken(r.token, r.user); r.known.err != nil {
		return auth.Session{}, engine.Identity{}, r.known.err
	}
	s.setExpiry(r.known.session)
	return r.known.session, r.known.identity, nil
}

// checkToken finds out who the client is, and may do in the room that it asks for.
func (s *services) checkToken(ctx context.Context, r *joinRequest) {
	a := &admission{}
	if a.session, a.err = s.auth.Admit(ctx, r.token, r.room); a.err == nil {
		a.identity, a.err = s.cfg().policy().Identity(a.session, r.room)
	}
	r.user, r.known = a.session.ID, a
}

// unlessBusy returns a context that ends after d with the cause context.DeadlineExceeded. If busy
// then reports that the server itself is the cause of the delay, d begins again.
func unlessBusy(ctx context.Context, d time.Duration, busy func() bool) (
	context.Context, context.CancelFunc,
) {
	ctx, cancel := context.WithCancelCause(ctx)
	var timer *time.Timer
	set := make(chan struct{})
	timer = time.AfterFunc(d, func() {
		if <-set; ctx.Err() == nil && busy() {
			timer.Reset(max(d, time.Second))
		} else {
			cancel(context.DeadlineExceeded)
		}
	})
	close(set)
	return ctx, func() {
		timer.Stop()
		cancel(nil)
	}
}

// refuse sends the client the reason for refusing it: in a message, if its protocol has one for
// that, and in the close frame. Both are written before anything is read, as input that waits may
// cause a close frame of its own. If the client has been refused before, the close may be held
// back.
func (c *conn) refuse(r joinRequest, err error) {
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	if r.token == "" && why.Code == engine.CloseAuthFailed || why == errKind || why == errID {
		why = c.misplaced(why)
	}
	c.noteRefusal(r, why)
	c.logRefusal(r, why)
	if !c.holdRefusal(r, why) && c.startClosingFor(why) {
		c.sendClose(why)
	}
}
