package transport

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"

	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// conn is one client's connection, from the end of its handshake to its end. It implements
// netpoll.Handler and writes for sessions.
type conn struct {
	server     *services
	registry   *registry
	session    *session
	sock       netpoll.Conn
	peerAddr   netip.Addr // of the other end, which may be a proxy
	clientAddr netip.Addr // by which the client is counted; zero: it is not
	sweepSlot  int        // in the registry

	protocol atomic.Pointer[protocol.Protocol] // one of protocols; nil while it is not known

	reading sync.Mutex // held while bytes of the client are processed; the first of all locks
	input
	messageLimits
	incoming atomic.Pointer[incoming] // nil: no long message is on its way; set under reading

	// Times of services.clock.
	received   atomic.Int64 // when something last came
	sent       atomic.Int64 // when something was last written
	writeWaits atomic.Int64 // when the present write last had to wait; idle: it has not

	closing    atomic.Bool                // set once, by the first who closes
	stopped    atomic.Bool                // nothing is read until it closes
	heldBack   atomic.Pointer[heldClose]  // nil: no close is held back
	code       atomic.Int32               // of the first close frame of either side; 0: none yet
	closeTimer atomic.Pointer[time.Timer] // cuts off a close that takes too long; or nil

	mu           sync.Mutex // held while writing; guards everything below
	beforeWait   func()     // called before the present write has to wait; or nil
	noMoreWrites bool       // the last write was a close frame, or failed
	closesWrite  bool       // the last write ends this direction
}

const (
	idle  = -1
	never = 1<<63 - 1
)

// newConn returns the connection that follows a handshake. early are the bytes that came with it,
// proto is nil if the first message decides.
func newConn(s *services, r *registry, tcp net.Conn, early []byte, proto *protocol.Protocol) *conn {
	c := &conn{server: s, registry: r, peerAddr: limit.PeerAddr(tcp)}
	c.rest = append(c.rest, early...)
	c.protocol.Store(proto)
	c.session = newSession(c)
	c.received.Store(s.clock.Load())
	c.sent.Store(s.clock.Load())
	c.writeWaits.Store(idle)
	c.sock = s.pollers.Add(c, &c.reading, tcp)
	return c
}

// Write writes whole frames, and calls waits, which may be nil, before it has to wait. It fails
// when the client has taken nothing for Config.StallTimeout.
func (c *conn) Write(frames [][]byte, waits func()) error {
	if !c.mu.TryLock() {
		if waits != nil {
			waits()
		}
		c.mu.Lock()
	}
	defer c.mu.Unlock()
	c.beforeWait = waits
	err := c.write(frames)
	c.beforeWait = nil
	return err
}

// write writes whole frames; mu is held. After an error the connection is dead.
func (c *conn) write(frames [][]byte) error {
	if c.noMoreWrites {
		return net.ErrClosed
	}
	err := c.writeSteps(frames)
	if c.writeWaits.Load() != idle {
		c.writeWaits.Store(idle)
	}
	if err == nil {
		c.sent.Store(c.server.clock.Load())
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && !c.closing.Load() {
		c.server.counters.stalled.Inc()
		err = errStalled
	}
	c.noMoreWrites = true
	c.abort()
	return err
}

var errStalled = errors.New("client takes nothing")

// abort ends the connection without a close frame.
func (c *conn) abort() {
	c.closing.Store(true)
	c.sock.Shutdown()
	c.release()
}

// end frees what the connection holds. Nothing is read any more, and writes have been told to stop.
func (c *conn) end() {
	c.mu.Lock()
	c.noMoreWrites = true
	c.mu.Unlock()
	if timer := c.closeTimer.Load(); timer != nil {
		timer.Stop()
	}
	c.sock.Close()
	c.server.connLimits.Release(c.counted)
	if c.refused {
		c.server.repeats.ReleaseRefusal()
	}
	c.registry.remove(c)
}

// now returns services.clock.
func (c *conn) now() time.Duration { return time.Duration(c.server.clock.Load()) }

// rescue is deferred by goroutines that process what a client sends. It closes the connection if
// there is a panic, so that one client does not end the process.
func (c *conn) rescue() {
	p := recover()
	if p == nil {
		return
	}
	c.server.counters.panics.Inc()
	c.server.log.Error("panic: "+fmt.Sprint(p), slog.String("remote", c.remote()), slog.String("stack", string(debug.Stack())))
	c.Close(&engine.CloseError{Code: engine.CloseInternal, Reason: "internal error"})
}

// stalledAt reports whether the present write has waited for Config.StallTimeout.
func (c *conn) stalledAt(now time.Duration) bool {
	since := c.writeWaits.Load()
	return since != idle && now-time.Duration(since) >= c.server.cfg.StallTimeout
}
