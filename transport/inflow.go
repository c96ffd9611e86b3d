package transport

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// inputPhase is what becomes of what a client sends.
type inputPhase uint8

const (
	sniffing   inputPhase = iota // it tells the protocol
	joining                      // it waits in the kernel
	open                         // it is dealt with
	discarding                   // it is dropped
	over                         // nothing comes any more
)

// input is what has come of a client; conn.reading guards it. But for rest while the
// connection is sniffing or joining it holds nothing of an idle client.
type input struct {
	phase           inputPhase
	protocolGuessed bool // the protocol is a guess, and the next message tells
	ywebsocketSeen  bool // a message of y-websocket has come
	paused          bool // nothing is dealt with until resume
	closesLater     bool // it is to be closed, later
	refused         bool // it is in no room, and to be closed, later
	sniff           *sniff
	frames          websocket.Reader
	deferred        *deferredFrame // the next to be dealt with; nil: it is in rest
	tokens          []string       // fresh ones, to be checked in this order
	rest            []byte         // has come and waits
	hungUp          func()         // called when the client goes while it is joining; nil in other phases
	pong            []byte         // to be written, or empty while one is being written; nil: neither
}

// deferredFrame is what is dealt with when a pause ends: a frame, or what the engine has left of one.
type deferredFrame struct {
	websocket.Frame
	charged     bool                // it has been charged
	undelivered *engine.Undelivered // of the frame, which is empty then; nil: none of it has been decoded
}

// Receive implements netpoll.Handler. All that comes counts as a sign of life, so that a long
// message may take its time.
func (c *conn) Receive(b []byte) (cost int) {
	before := c.frames.Memory()
	c.process(b)
	if after := c.frames.Memory(); after >= before {
		return len(b) + after - before
	}
	return len(b) + before
}

func (c *conn) process(b []byte) {
	defer c.rescue()
	c.received.Store(c.server.clock.Load())
	c.server.counters.received.Add(len(b))
	switch c.phase {
	case sniffing:
		c.rest = append(c.rest, b...)
		c.sniffProtocol()
	case open:
		c.read(b, true)
	}
}

// Pending implements netpoll.Handler.
func (c *conn) Pending() int {
	if c.phase == discarding {
		return netpoll.DiscardAll
	}
	return c.frames.Pending()
}

// MayWait implements netpoll.Handler.
func (c *conn) MayWait(now time.Time) time.Duration {
	if c.peer == nil {
		return 0
	}
	return c.peer.MayWait(now)
}

// Closed implements netpoll.Handler: it ends the connection.
func (c *conn) Closed() {
	defer c.rescue()
	if c.phase == over {
		return
	}
	if c.sniff != nil {
		c.sniff.timer.Stop()
	}
	defer func() { go c.end() }()
	c.phase = over
	c.closing.Store(true)
	c.sock.Unwatch()
	c.sock.Shutdown()
	c.frames = websocket.Reader{}
	c.releaseReservation()
	c.leaveRoom()
}

// leaveRoom ends the peer; reading is held.
func (c *conn) leaveRoom() {
	if p := c.peer; p != nil {
		c.peer = nil
		p.Leave()
		go c.logLeft(p, c.now()-c.joined)
	}
}

// rescue ends a connection on which there was a panic, and keeps it from ending the
// process: what one client sends must not take the others' rooms away.
func (c *conn) rescue() {
	p := recover()
	if p == nil {
		return
	}
	c.server.counters.panics.Inc()
	c.server.log.Error("panic: "+fmt.Sprint(p), slog.String("remote", c.remote()), slog.String("stack", string(debug.Stack())))
	c.Close(&engine.CloseError{Code: engine.CloseInternal, Reason: "internal error"})
}
