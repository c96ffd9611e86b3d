// Package transport puts WebSockets in front of an engine, and HTTP beside them:
// handshakes, tokens, the connections themselves and their life, the endpoints
// that operators look at. It is the sole importer of gws and of golang-jwt.
//
// # Goroutines
//
// A connection has one, which reads: it checks the token, joins the room and
// hands the engine what comes in. The engine writes from goroutines of its own,
// which exist while there is something to write. One sweep for all connections
// pings them and ends the dead; they have no timers, but for those that are throttled.
// It also says when a session is to be checked again, which a few goroutines do for
// all connections, while there is something to check.
//
// # Who writes
//
// A frame cut short ends its connection, as what follows would be read as its rest.
// So everything goes through conn.write, under conn.mu: the engine's frames, pings,
// pongs and our close frame. gws writes in two places only, its answer to the
// handshake and a close frame when reading ends, and gets a stream instead of the
// TCP connection, which puts these under the same lock.
//
// # Caveats
//
// gws makes room for a message when it has read the frame's header, before the
// content comes. What clients can make the server hold is Config.FrameBytes times
// their number, in pages that are not touched until then.
package transport

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/engine"
)

// Server is an http.Handler for everything the service offers. Use New.
type Server struct {
	cfg      Config
	engine   *engine.Engine
	auth     Authenticator
	log      *slog.Logger
	counters *counters
	upgrader *gws.Upgrader
	conns    crowd
	limits   *limits
	rechecks *rechecks

	started time.Time
	clock   atomic.Int64 // time since started as of the last tick, in nanoseconds; a clock that costs nothing to read
}

// New returns a server that lets in whom auth knows, to the rooms of e.
func New(cfg Config, e *engine.Engine, auth Authenticator, log *slog.Logger) *Server {
	s := &Server{cfg: cfg.withDefaults(), engine: e, auth: auth, log: log, counters: newCounters(), started: time.Now()}
	s.limits = newLimits(&s.cfg, s.counters.set, s.started)
	s.rechecks = newRechecks()
	s.upgrader = gws.NewUpgrader(events{}, &gws.ServerOption{
		ReadMaxPayloadSize: s.cfg.FrameBytes,
		ReadBufferSize:     readBuffer,
		HandshakeTimeout:   s.cfg.HandshakeTimeout,
		CheckUtf8Enabled:   true,
		ParallelGolimit:    1,
		NewSession:         func() gws.SessionStorage { return nil },
	})
	return s
}

// readBuffer holds a few keystrokes or a cursor's move; longer messages are read
// past it. Every connection has one.
const readBuffer = 512

// Serve serves l until ctx is done, then shuts down: it accepts no more, drains
// the engine, gives the connections time to close and returns, within
// Config.DrainTimeout. It returns nil when nothing was lost.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	g := newGate(l, s.cfg.Handshakes)
	h := s.httpServer(g)
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(g) }()
	sweeping, stopSweep := context.WithCancel(context.Background())
	defer stopSweep()
	go s.sweep(sweeping)

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	return errors.Join(err, s.shutdown(g, h))
}

func (s *Server) httpServer(g *gate) *http.Server {
	h := &http.Server{
		Handler:           s,
		ConnState:         g.watch,
		ReadHeaderTimeout: s.cfg.HandshakeTimeout,
		ReadTimeout:       2 * s.cfg.HandshakeTimeout,
		WriteTimeout:      2 * s.cfg.HandshakeTimeout,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	h.SetKeepAlivesEnabled(false) // a kept connection would occupy a slot of the gate
	return h
}

func (s *Server) shutdown(g *gate, h *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	_ = g.Close()
	s.rechecks.end()
	err := s.engine.Drain(ctx)
	_ = h.Close()
	s.conns.end(ctx)
	return err
}

// ServeHTTP implements http.Handler. No http.ServeMux: it answers paths with
// "." or ".." segments with a redirect, and clients must get a close code.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := under(s.cfg.Path, r.URL.EscapedPath()); ok {
		s.upgrade(w, r, rest)
		return
	}
	s.admin(w, r)
}
