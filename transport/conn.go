package transport

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// conn is the connection of one client, from the end of its handshake to its end. It implements
// netpoll.Handler, and writes for its session, or its sessions.
type conn struct {
	server     *services
	session    *session   // nil: there are several, or none
	documents  *documents // nil: the connection has one session
	sock       netpoll.Conn
	peerAddr   netip.Addr // of the other end, which may be a proxy
	clientAddr netip.Addr // that the client is counted by; zero: it is not counted
	id         uint64     // no other connection of the process has it
	began      uint32     // services.clock when the handshake ended, in s
	sweepSlot  uint8      // slot in the registry

	compression bool // permessage-deflate was agreed on
	handedOn    bool // by another node: services.fromNodes has the origin

	protocol atomic.Pointer[protocol.Protocol] // one of protocols; nil while it is not known

	reading sync.Mutex // held while bytes of the client are processed; the first of all locks
	input
	messageLimits
	incoming atomic.Pointer[incoming] // nil: no long message is being received; set under reading

	receivedBytes, sentBytes       atomic.Uint64
	receivedMessages, sentMessages atomic.Uint32 // modulo 2³²

	// Times of services.clock.
	received   atomic.Int64 // when something was last received
	sent       atomic.Int64 // when something was last written
	writeWaits atomic.Int64 // when the present write last had to wait; idle: it has not waited

	closing    atomic.Bool                // set once, by the first close
	stopped    atomic.Bool                // nothing is read until it closes
	heldBack   atomic.Pointer[heldClose]  // nil: no close is held back
	code       atomic.Int32               // of the first close frame of either side; 0: none yet
	endReason  atomic.Int32               // endReason of that close; connectionLost: none yet
	closeTimer atomic.Pointer[time.Timer] // aborts a close that takes too long; or nil

	mu           sync.Mutex // held while writing; guards everything below
	beforeWait   func()     // called before the present write has to wait; or nil
	noMoreWrites bool       // the last write was a close frame, or failed
	closesWrite  bool       // the direction to the client ends after the last write
	ended        bool       // the socket is closed, or is about to be
}

const (
	idle  = -1
	never = 1<<63 - 1
)

// newConn returns the connection after a handshake. remote is the address of the other end; early
// are the bytes that came with the handshake; proto is nil if the first message decides about the
// protocol.
func newConn(
	s *services, tcp net.Conn, remote netip.Addr, early []byte, proto *protocol.Protocol,
) *conn {
	c := &conn{server: s, id: s.lastConn.Add(1), peerAddr: remote}
	c.began = uint32(s.now() / time.Second)
	c.rest = append(c.rest, early...)
	c.protocol.Store(proto)
	if proto == documentProtocol {
		c.documents = new(documents)
	} else {
		c.session = newSession(c)
	}
	c.received.Store(s.clock.Load())
	c.sent.Store(s.clock.Load())
	c.writeWaits.Store(idle)
	c.sock = s.pollers.Add(c, &c.reading, tcp)
	return c
}

// end frees everything that the connection holds. Nothing is read from now on, and writes fail.
func (c *conn) end() {
	c.mu.Lock()
	c.noMoreWrites, c.ended = true, true
	c.mu.Unlock()
	if timer := c.closeTimer.Load(); timer != nil {
		timer.Stop()
	}
	c.sock.Close()
	c.server.connLimits.Release(c.counted)
	if c.refused {
		c.server.repeats.ReleaseRefusal()
	}
	if c.handedOn {
		c.server.fromNodes.Delete(c)
	}
	c.server.counters.ended[c.endReason.Load()].Inc()
	c.server.conns.remove(c)
}

// now returns services.clock.
func (c *conn) now() time.Duration { return time.Duration(c.server.clock.Load()) }

// stalledAt reports whether the present write has waited for Config.StallTimeout or longer.
func (c *conn) stalledAt(now time.Duration) bool {
	since := c.writeWaits.Load()
	return since != idle && now-time.Duration(since) >= c.server.cfg().StallTimeout
}

// speaks returns the connection's protocol, y-websocket while it is not known.
func (c *conn) speaks() protocol.Protocol {
	if p := c.protocol.Load(); p != nil {
		return *p
	}
	return *binaryProtocol
}
