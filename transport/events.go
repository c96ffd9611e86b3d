package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/engine"
)

// serve is the read goroutine: it lives as long as the connection. What the
// client sends before it is in the room waits in the kernel.
func (c *conn) serve(v visit) {
	defer c.server.conns.remove(c)
	defer func() { c.server.limits.leave(c.place) }()
	defer c.rescue()
	c.agree()
	if err := c.join(v); err != nil {
		c.refuse(v, err)
	}
	c.inside = true
	c.socket.ReadLoop()
}

// join finds out who the client is and takes it to its room.
func (c *conn) join(v visit) (err error) {
	if v.err != nil {
		return v.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.server.cfg.JoinTimeout)
	defer cancel()
	session, who, err := c.identify(ctx, v)
	if err != nil {
		return err
	}
	if err := c.server.limits.name(&c.place, who.ID); err != nil {
		return err
	}
	c.peer, err = c.server.engine.Join(ctx, v.room, c, c.speaks(), who)
	if err == nil {
		c.vouched(session, v.token)
	}
	return err
}

// identify finds out who the client is in the room it asks for. From here on the sweep sees when that ends.
func (c *conn) identify(ctx context.Context, v visit) (Session, engine.Identity, error) {
	session, err := c.server.auth.Admit(ctx, v.token, v.room)
	if err != nil {
		return Session{}, engine.Identity{}, err
	}
	c.begins(session)
	who, err := c.server.enter(session, v.room)
	return session, who, err
}

// refuse tells the client why it is not let in, in its protocol if that has a
// form for it; the code and the reason of the close frame always say it. They go out
// before anything is read: what the client has sent already may be worth a close
// frame of its own, and is not why it is refused.
func (c *conn) refuse(v visit, err error) {
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	c.logRefusal(v, why)
	if c.startClosing() {
		c.sayBye(why)
	}
}

func (c *conn) logRefusal(v visit, why *engine.CloseError) {
	level := slog.LevelDebug
	switch why.Code {
	case engine.CloseAuthFailed, engine.CloseForbidden:
		level = slog.LevelWarn
		c.server.counters.authFailures.Inc()
	case engine.CloseInternal:
		level = slog.LevelError
	}
	c.server.log.Log(context.Background(), level, "connection refused", slog.String("remote", c.remote()),
		slog.String("room", v.room), slog.Int("code", why.Code), slog.String("reason", why.Error()))
}

// remote is the address the connection comes from, without its port.
func (c *conn) remote() string {
	addr := c.tcp.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}

// rescue ends a connection whose goroutine panicked, and keeps it from ending the
// process: what one client sends must not take the others' rooms away.
//
// gws itself panics on a frame that claims 2^63 bytes or more, as it takes the
// length for a signed number; that is the client's fault and no more.
func (c *conn) rescue() {
	p := recover()
	if p == nil {
		return
	}
	why := &engine.CloseError{Code: closeProtocolError, Reason: "malformed frame"}
	if c.inside {
		c.server.counters.malformed.Inc()
		c.server.log.Warn("malformed frame", slog.String("remote", c.remote()))
	} else {
		why = &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error"}
		c.server.counters.panics.Inc()
		c.server.log.Error("panic: "+fmt.Sprint(p), slog.String("remote", c.remote()), slog.String("stack", string(debug.Stack())))
	}
	if c.startClosing() {
		c.sayBye(why)
	}
	_ = c.stream.Close()
}

// events hands what gws reads to the connection it came from. One serves all
// connections: gws keeps no more for us than the stream it was given.
type events struct{ gws.BuiltinEventHandler }

func owner(socket *gws.Conn) *conn { return socket.NetConn().(*stream).conn }

// OnPing implements gws.Event.
func (events) OnPing(socket *gws.Conn, payload []byte) {
	c := owner(socket)
	c.inside = false
	if c.charge() {
		_ = c.Write([][]byte{appendControl(nil, gws.OpcodePong, payload)}, nil)
	}
	c.inside = true
}

// OnMessage implements gws.Event.
func (events) OnMessage(socket *gws.Conn, m *gws.Message) {
	c := owner(socket)
	c.inside = false
	if c.charge() {
		c.receive(m)
	}
	_ = m.Close()
	c.inside = true
}

// receive gives a message to the room. What comes after a close frame of ours is dropped.
func (c *conn) receive(m *gws.Message) {
	if c.peer == nil || c.closing.Load() {
		return
	}
	if c.unsure {
		c.settleProtocol(m.Opcode)
	}
	payload := m.Bytes()
	if c.speaks().Text() != (m.Opcode == gws.OpcodeText) {
		payload = nil // no message of the protocol, whatever it holds; and neither is an empty payload
	}
	if err := c.peer.Deliver(payload); err != nil {
		c.expel(err)
	}
}

// expel closes the connection of a peer that the engine wants no more of.
func (c *conn) expel(err error) {
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	c.server.log.Warn("connection closed", slog.String("remote", c.remote()), slog.Int("code", why.Code), slog.String("reason", why.Error()))
	c.Close(why)
	c.leave()
}
