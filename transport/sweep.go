package transport

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/civicpress/civic-realtime/engine"
)

var errExpired = &engine.CloseError{Code: engine.CloseExpired, Reason: "session expired"}

// sweep checks all connections regularly until ctx is done.
func (s *Server) sweep(ctx context.Context) {
	ticker := time.NewTicker(s.cfg().PingInterval / sweepSlots)
	defer ticker.Stop()
	for slot := 0; ; slot = (slot + 1) % sweepSlots {
		select {
		case now := <-ticker.C:
			s.tick(now, slot)
		case <-ctx.Done():
			return
		}
	}
}

// tick sets the clock, ends dead and expired connections, and sends pings to those of the slot
// pinged.
func (s *Server) tick(now time.Time, pinged int) {
	since := now.Sub(s.started)
	s.clock.Store(int64(since))
	s.handshakeRate.Sweep()
	s.repeats.Sweep()
	s.suspicious.Sweep()
	s.samples.Sweep()
	if pinged == 0 {
		go s.tidy()
	}
	s.sweepRelays(since)
	for slot := range sweepSlots {
		s.conns.each(slot, func(c *conn) { s.sweepConn(c, now, since, slot == pinged) })
	}
}

// tidy returns, once in a ping interval, the memory of handshakes to the system, if there were
// many. Each takes about 10 KiB, which the runtime would keep for later ones.
func (s *Server) tidy() {
	accepted := s.counters.accepted.Get()
	if many := accepted - s.tidied.Swap(accepted); many >= tidyAfter {
		debug.FreeOSMemory()
	}
}

// tidyAfter is how many handshakes are worth a garbage collection, which takes milliseconds.
const tidyAfter = 500

// sweepConn checks one connection. It never blocks. A ping is written on a goroutine of its own; if
// the client takes nothing it stalls as any write does. Sessions expire by wall-clock time, as
// their issuer means it; everything else uses the server's clock.
func (s *Server) sweepConn(c *conn, wall time.Time, now time.Duration, ping bool) {
	switch {
	case c.stalledAt(now):
		c.sock.Unblock()
	case c.closing.Load():
	case c.heldBack.Load().due(now):
		c.closeHeld()
	case c.messageLate(now):
		go c.closeLate(now)
	case c.session != nil && wall.Unix() >= c.session.expires.Load():
		c.server.counters.expired.Inc()
		c.session.Close(errExpired)
	case now-time.Duration(c.received.Load()) >= c.server.cfg().IdleTimeout:
		c.server.counters.reaped.Inc()
		c.server.log.Debug("connection reaped", slog.String("remote", c.remote()))
		c.Close(errReaped)
	default:
		if c.documents != nil {
			s.sweepDocuments(c, wall, now)
		} else {
			s.recheckIfDue(c.session, now)
		}
		if ping && c.quiet(now) {
			go c.ping()
		}
	}
}

// quiet reports whether nothing was received or nothing was sent for Config.PingAfter. Bytes that
// are received show that the client lives; bytes that are sent keep proxies from closing the
// connection.
func (c *conn) quiet(now time.Duration) bool {
	return now-time.Duration(min(c.received.Load(), c.sent.Load())) >= c.server.cfg().PingAfter
}
