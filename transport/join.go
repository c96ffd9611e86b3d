package transport

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// serve takes the client to its room, or tells it why not. It is a goroutine of the
// connection's own, which ends then.
func (c *conn) serve(v visit) {
	defer c.open()
	defer c.rescue()
	if err := c.join(v); err != nil {
		c.refuse(v, err)
	}
}

// join finds out who the client is and takes it to its room, unless it leaves before.
func (c *conn) join(v visit) error {
	if v.err != nil {
		return v.err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.watchHangupWhileJoining(cancel)
	defer c.watchHangupWhileJoining(nil)
	err := c.joinRoom(ctx, v)
	if ctx.Err() != nil {
		return errLeft
	}
	return err
}

var (
	errLeft = &engine.CloseError{Code: closeGoingAway, Reason: "client has left"}
	errLate = &engine.CloseError{Code: engine.CloseUnavailable, Reason: "room is not ready yet, try again", ErrorCode: protocol.CodeInternal}
)

// watchHangupWhileJoining has left called when the client goes while nothing that it sends is read; nil: not any more.
func (c *conn) watchHangupWhileJoining(left func()) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.hungUp = left; left == nil {
		c.sock.Unwatch()
	} else {
		c.sock.WatchHangup()
	}
}

// HungUp implements netpoll.Handler: the client has gone while it was joining.
func (c *conn) HungUp() {
	if c.hungUp != nil {
		c.hungUp()
	}
}

func (c *conn) joinRoom(ctx context.Context, v visit) error {
	deadline := time.Now().Add(c.server.cfg.JoinTimeout)
	session, who, err := c.identify(ctx, deadline, v)
	if err != nil {
		return err
	}
	if err := c.server.connLimits.SetUser(&c.counted, who.ID); err != nil {
		return err
	}
	ctx, cancel := unlessBusy(ctx, time.Until(deadline), func() bool { return c.server.engine.Preparing(v.room) })
	defer cancel()
	peer, err := c.server.engine.Join(ctx, v.room, c, c.speaks(), who)
	if err != nil && context.Cause(ctx) == context.DeadlineExceeded && !errors.As(err, new(*engine.CloseError)) {
		return errLate
	}
	if err != nil {
		return err
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	c.peer, c.joined = peer, c.now()
	go c.logJoined(peer) // this goroutine would keep the stack that a logger needs
	c.server.repeats.Forget(v.client(c.address()))
	c.sessionBegan(peer, session, v.token)
	return nil
}

// unlessBusy is a context that ends after d, its cause context.DeadlineExceeded, unless the server is busy then: so
// nobody is refused for what only the server's own work delays. When it is, d counts anew.
func unlessBusy(ctx context.Context, d time.Duration, busy func() bool) (context.Context, context.CancelFunc) {
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

// identify finds out who the client is in the room it asks for. From here on the sweep sees when that ends.
func (c *conn) identify(ctx context.Context, deadline time.Time, v visit) (auth.Session, engine.Identity, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	session, err := c.server.auth.Admit(ctx, v.token, v.room)
	if err != nil {
		return auth.Session{}, engine.Identity{}, err
	}
	c.setExpiry(session)
	who, err := c.server.cfg.policy().Identity(session, v.room)
	return session, who, err
}

// refuse tells the client why it is not let in, in its protocol if that has a
// form for it; the code and the reason of the close frame always say it. They go out
// before anything is read: what the client has sent already may be worth a close
// frame of its own, and is not why it is refused. The close frame of a client that has been
// refused before may be held back.
func (c *conn) refuse(v visit, err error) {
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	c.logRefusal(v, why)
	if !c.holdRefusal(v, why) && c.startClosing(c.server.closeCode(why)) {
		c.sendClose(why)
	}
}
