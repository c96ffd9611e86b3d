package transport

import (
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// phase is what becomes of what a client sends.
type phase uint8

const (
	sniffing phase = iota // it tells the protocol
	joining               // it waits in the kernel
	open                  // it is dealt with
	deaf                  // it is dropped
	gone                  // nothing comes any more
)

// inflow is what has come of a client; conn.reading guards it. But for rest while the
// connection is sniffing or joining it holds nothing of an idle client.
type inflow struct {
	phase   phase
	unsure  bool // the protocol is a guess, and the next message tells
	spoken  bool // a message of y-websocket has come
	paused  bool // nothing is dealt with until resume
	doomed  bool // it is to be closed, later
	refused bool // it is in no room, and to be closed, later
	sniff   *sniff
	frames  websocket.Reader
	kept    *kept    // the next to be dealt with; nil: it is in rest
	tokens  []string // fresh ones, to be checked in this order
	rest    []byte   // has come and waits
	left    func()   // called when the client goes while it is joining; nil in other phases
	pong    []byte   // to be written, or empty while one is being written; nil: neither
}

// kept is what is dealt with when a pause ends: a frame, or what the engine has left of one.
type kept struct {
	websocket.Frame
	paid bool                // it has been charged
	left *engine.Undelivered // of the frame, which is empty then; nil: none of it has been decoded
}

// feed deals with what has come, which it borrows. All that comes counts as life, so
// that a long message may take its time. reading is held.
func (c *conn) feed(b []byte) {
	defer c.rescue()
	c.heard.Store(c.server.clock.Load())
	c.server.counters.received.Add(len(b))
	switch c.phase {
	case sniffing:
		c.rest = append(c.rest, b...)
		c.listen()
	case open:
		c.read(b, true)
	}
}

// gone ends the connection when nothing more will come; reading is held.
func (c *conn) gone() {
	defer c.rescue()
	if c.phase == gone {
		return
	}
	if c.sniff != nil {
		c.sniff.timer.Stop()
	}
	defer func() { go c.end() }()
	c.phase = gone
	c.closing.Store(true)
	c.link.unwatch()
	c.link.shut()
	c.frames = websocket.Reader{}
	c.forgo()
	c.leave()
}

// lost is gone for who does not hold reading.
func (c *conn) lost() {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.gone()
}

// leave ends the peer; reading is held.
func (c *conn) leave() {
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
