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

// conn is one client's connection. It implements engine.Conn.
type conn struct {
	server     *services
	registry   *registry
	session    *session
	sock       netpoll.Conn
	peerAddr   netip.Addr // where it comes from, which may be a proxy
	clientAddr netip.Addr // where the client is, as limits count; the zero Addr if that is not known or not counted
	sweepSlot  int        // in the crowd

	protocol atomic.Pointer[protocol.Protocol] // one of protocols; nil while it is not known

	reading sync.Mutex // held while what has come is dealt with; comes before all other locks
	input
	messageLimits
	incoming atomic.Pointer[incoming] // nil unless a long message has begun and is not dealt with; set under reading

	received   atomic.Int64               // services.clock when something was last received
	sent       atomic.Int64               // services.clock when something was last written
	writeWaits atomic.Int64               // services.clock when the write in progress last had to wait; idle when it has not, or there is none
	closing    atomic.Bool                // set once, by whoever closes first
	stopped    atomic.Bool                // nothing is read until it closes
	heldBack   atomic.Pointer[heldClose]  // its close is held back; nil: it is not
	code       atomic.Int32               // of the first close frame, of either side; 0: there is none
	closeTimer atomic.Pointer[time.Timer] // aborts what takes too long to close; nil until it closes

	mu           sync.Mutex // held while writing
	beforeWait   func()     // to be called before the write in progress has to wait; or nil
	noMoreWrites bool       // a close frame or part of a frame was the last that may be written
	closesWrite  bool       // what is written last ends this direction
}

const (
	idle  = -1
	never = 1<<63 - 1
)

// newConn makes a connection of what is left of a handshake; early came along with it.
func newConn(s *services, r *registry, tcp net.Conn, early []byte, protocol *protocol.Protocol) *conn {
	c := &conn{server: s, registry: r, peerAddr: limit.PeerAddr(tcp)}
	c.rest = append(c.rest, early...)
	c.protocol.Store(protocol)
	c.session = newSession(c)
	c.received.Store(s.clock.Load())
	c.sent.Store(s.clock.Load())
	c.writeWaits.Store(idle)
	c.sock = s.pollers.Add(c, &c.reading, tcp)
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

// abort ends the connection without a word.
func (c *conn) abort() {
	c.closing.Store(true)
	c.sock.Shutdown()
	c.release()
}

// end frees what the connection holds. Nobody reads any more; who writes has been told to stop.
func (c *conn) end() {
	c.mu.Lock()
	c.noMoreWrites = true
	c.mu.Unlock()
	if fuse := c.closeTimer.Load(); fuse != nil {
		fuse.Stop()
	}
	c.sock.Close()
	c.server.connLimits.Release(c.counted)
	if c.refused {
		c.server.repeats.ReleaseRefusal()
	}
	c.registry.remove(c)
}

func (c *conn) now() time.Duration { return time.Duration(c.server.clock.Load()) }

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

func (c *conn) stalledAt(now time.Duration) bool {
	since := c.writeWaits.Load()
	return since != idle && now-time.Duration(since) >= c.server.cfg.StallTimeout
}
