package transport

import (
	"errors"
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// conn is one client's connection. It implements engine.Conn.
type conn struct {
	server *Server
	tcp    net.Conn
	stream stream    // tcp, for gws
	socket *gws.Conn // nil until the handshake is answered
	slot   int       // in the crowd

	subprotocol string // to name in the handshake; empty from then on

	protocol atomic.Pointer[codec.Protocol] // one of protocols; nil while it is not known

	// The read goroutine's.
	early  []byte       // received along with the handshake, not yet read
	peer   *engine.Peer // nil while not in a room
	inside bool         // gws is reading, no code of ours runs
	unsure bool         // the protocol is a guess, and the next message tells

	limited
	vetted

	expires atomic.Int64 // Unix time at which the session ends; never when it has not begun
	heard   atomic.Int64 // Server.clock when something was last received
	wrote   atomic.Int64 // Server.clock when something was last written
	writing atomic.Int64 // Server.clock when the write in progress last got on; idle when there is none
	closing atomic.Bool  // set once, by whoever closes first

	mu    sync.Mutex // held while writing
	waits func()     // to be called before the write in progress has to wait; or nil
	ended bool       // a close frame or part of a frame was the last that may be written
}

const (
	idle  = -1
	never = math.MaxInt64
)

func newConn(s *Server, tcp net.Conn, early []byte, subprotocol string, protocol *codec.Protocol) *conn {
	c := &conn{server: s, tcp: tcp, early: append([]byte(nil), early...), subprotocol: subprotocol}
	c.protocol.Store(protocol)
	c.stream = stream{newSocket(tcp), c}
	c.expires.Store(never)
	c.due.Store(never)
	c.heard.Store(s.clock.Load())
	c.wrote.Store(s.clock.Load())
	c.writing.Store(idle)
	return c
}

// Write implements engine.Conn; waits may be nil. It fails when the client takes nothing for StallTimeout.
func (c *conn) Write(frames [][]byte, waits func()) error {
	if !c.mu.TryLock() {
		if waits != nil {
			waits()
		}
		c.mu.Lock()
	}
	defer c.mu.Unlock()
	c.waits = waits
	err := c.write(frames)
	c.waits = nil
	return err
}

// write writes whole frames; mu is held. After an error the connection is dead.
func (c *conn) write(frames [][]byte) error {
	if c.ended {
		return net.ErrClosed
	}
	err := c.writeSteps(frames)
	c.writing.Store(idle)
	if err == nil {
		c.wrote.Store(c.server.clock.Load())
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && !c.closing.Load() {
		c.server.counters.stalled.Inc()
		err = errStalled
	}
	c.ended = true
	c.abort()
	return err
}

var errStalled = errors.New("client takes nothing")

// Close implements engine.Conn. It sends the frame and leaves the rest to the
// read goroutine, which sees the client's own close frame, or the deadline.
func (c *conn) Close(why *engine.CloseError) {
	if c.startClosing() {
		go c.sayBye(why)
	}
}

// startClosing says whether the caller is the first to close. From here on all
// that is left to do has CloseTimeout: a write in progress, the close frame, the
// client's answer.
func (c *conn) startClosing() (first bool) {
	if !c.closing.CompareAndSwap(false, true) {
		return false
	}
	_ = c.tcp.SetDeadline(time.Now().Add(c.server.cfg.CloseTimeout))
	c.release()
	return true
}

func (c *conn) sayBye(why *engine.CloseError) {
	if c.writeLast(c.lastFrames(why)...) {
		c.server.counters.closed(why.Code)
	}
}

// lastFrames ends in a close frame.
func (c *conn) lastFrames(why *engine.CloseError) (frames [][]byte) {
	for _, m := range why.LastWords() {
		frames = c.framed(frames, m)
	}
	return append(frames, closeFrame(why.Code, why.Reason))
}

// writeLast writes frames that end in a close frame, after which nothing may follow, unless it comes too late itself.
func (c *conn) writeLast(frames ...[]byte) (written bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.write(frames)
	c.ended = true
	return err == nil
}

// leave ends the peer. It is the read goroutine's to call.
func (c *conn) leave() {
	if p := c.peer; p != nil {
		c.peer = nil
		p.Leave()
	}
}

// abort ends the connection without a word.
func (c *conn) abort() {
	_ = c.tcp.Close()
	c.release()
}

// appendControl appends an unmasked control frame; payload has at most 125 bytes.
func appendControl(dst []byte, op gws.Opcode, payload []byte) []byte {
	return append(codec.AppendFrameHeader(dst, codec.Opcode(op), true, len(payload)), payload...)
}

func closeFrame(code int, reason string) []byte {
	payload := codec.AppendClosePayload(make([]byte, 0, 2+codec.MaxCloseReason), code, reason)
	return appendControl(nil, gws.OpcodeCloseConnection, payload)
}
