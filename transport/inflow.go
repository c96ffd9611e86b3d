package transport

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/civicpress/civic-realtime/codec"
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
	phase  phase
	unsure bool // the protocol is a guess, and the next message tells
	paused bool // nothing is dealt with until resume
	sniff  *sniff
	frames codec.FrameReader
	kept   *codec.Frame // the next to be dealt with; nil: it is in rest
	rest   []byte       // has come and waits
	pong   []byte       // to be written, or empty while one is being written; nil: neither
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
		c.read(b)
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
	c.leave()
}

// lost is gone for who does not hold reading.
func (c *conn) lost() {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.gone()
}

// open begins to deal with what the client sends.
func (c *conn) open() {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.phase = open
	c.goOn()
}

// goOn deals with what has come already, then with what comes; reading is held.
func (c *conn) goOn() {
	b := c.rest
	c.rest = nil
	c.tryRead(b)
	if !c.paused {
		c.link.watch()
	}
}

func (c *conn) tryRead(b []byte) {
	defer c.rescue()
	c.read(b)
}

// read deals with frames until it is paused.
func (c *conn) read(b []byte) {
	for c.phase == open {
		f, rest, ok, err := c.frames.Next(b, c.server.cfg.FrameBytes)
		if err != nil {
			c.malformed(err)
			return
		}
		if !ok {
			return
		}
		if c.charge(f) {
			c.deal(f)
		}
		if b = rest; c.paused {
			c.rest = bytes.Clone(rest)
			c.link.unwatch()
			return
		}
	}
}

// deal deals with a frame.
func (c *conn) deal(f codec.Frame) {
	switch f.Op {
	case codec.OpPing:
		c.answerPing(f.Payload)
	case codec.OpPong:
	case codec.OpClose:
		c.closedBy(f.Payload)
	default:
		c.receive(f)
	}
}

// receive gives a message to the room. What comes after a close frame of ours is dropped.
func (c *conn) receive(f codec.Frame) {
	if c.peer == nil || c.closing.Load() {
		return
	}
	if c.unsure {
		c.settleProtocol(f.Op)
	}
	payload := f.Payload
	if c.speaks().Text() != (f.Op == codec.OpText) {
		payload = nil // no message of the protocol, whatever it holds; and neither is an empty payload
	}
	if err := c.peer.Deliver(payload); err != nil {
		c.expel(err)
	}
}

// resume ends a pause, if there is one.
func (c *conn) resume() {
	c.reading.Lock()
	defer c.reading.Unlock()
	if !c.paused {
		return
	}
	c.paused = false
	if f := c.kept; f != nil {
		c.kept = nil
		c.pay()
		c.tryDeal(*f)
	}
	if !c.paused {
		c.goOn()
	}
}

func (c *conn) tryDeal(f codec.Frame) {
	defer c.rescue()
	c.deal(f)
}

// expel closes the connection of a peer that the engine wants no more of; reading is held.
func (c *conn) expel(err error) {
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	c.server.log.Warn("connection closed", slog.String("remote", c.remote()), slog.Int("code", why.Code), slog.String("reason", why.Error()))
	c.Close(why)
	c.leave()
}

// leave ends the peer; reading is held.
func (c *conn) leave() {
	if p := c.peer; p != nil {
		c.peer = nil
		p.Leave()
	}
}

// answerPing has a pong written. The newest takes the place of one that waits, as
// RFC 6455, 5.5.3, allows: a client that reads nothing is not owed more. reading is held.
func (c *conn) answerPing(payload []byte) {
	writes := c.pong != nil
	c.pong = appendControl(nil, codec.OpPong, payload)
	if !writes {
		go c.writePongs()
	}
}

func (c *conn) writePongs() {
	for pong := c.nextPong(); pong != nil; pong = c.nextPong() {
		_ = c.Write([][]byte{pong}, nil)
	}
}

func (c *conn) nextPong() (pong []byte) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if len(c.pong) == 0 {
		c.pong = nil
		return nil
	}
	pong, c.pong = c.pong, []byte{}
	return pong
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
