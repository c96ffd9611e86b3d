// Package transport puts WebSockets in front of an engine, and HTTP beside them:
// handshakes, tokens, the connections themselves and their life, the endpoints
// that operators look at. It is the sole importer of gws.
//
// # Goroutines
//
// A connection has none while it idles. On Linux a few pollers read all connections,
// on goroutines of their own, and hand what comes to the room; elsewhere a connection
// has one that reads. To find out who a client is and to take it to its room each has a
// goroutine for as long as that takes, and so have fresh tokens, long messages, close frames
// and pongs, as a poller must never wait. The engine writes from goroutines of its own,
// which exist while there is something to write. One sweep for all connections
// pings them and ends the dead; they have no timers, but for those that are throttled,
// or closing. It also says when a session is to be checked again, which a few goroutines do for
// all connections, while there is something to check.
//
// # Who reads
//
// What has come is dealt with under conn.reading, whoever brings it: a poller, or
// what ends a pause. While it is found out who a client is, or what a fresh token is
// good for, while it is throttled, and while there is no room for its message, the connection
// is not watched, and what the client sends waits in the kernel.
//
// # Who writes
//
// A frame cut short ends its connection, as what follows would be read as its rest.
// So everything goes through conn.write, under conn.mu: the engine's frames, pings,
// pongs and the close frame.
package transport

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/netpoll"

	"github.com/civicpress/civic-realtime/transport/limit"
)

// Server is an http.Handler for everything the service offers. Use New.
type Server struct {
	cfg                 Config
	engine              *engine.Engine
	auth                auth.Authenticator
	log                 *slog.Logger
	counters            *counters
	pollers             *netpoll.Pollers
	conns               registry
	connLimits          *limit.Connections
	handshakeRate       *limit.HandshakeRate
	addresses           limit.Addresses
	nativeRate, yjsRate limit.Rate                 // of messages of a connection, by protocol
	rateClock           func() time.Duration       // of nativeRate and yjsRate, since the start; tests set it
	pause               func(*conn, time.Duration) // tests set it
	budget              *limit.Budget
	longMessages        *limit.LongMessages
	rechecks            *rechecks
	listener            atomic.Pointer[limit.Listener] // nil until Serve
	repeats             *limit.Repeats
	samples             *limit.LogSampler

	started time.Time
	tidied  atomic.Uint64 // connections accepted when memory was last given back
	clock   atomic.Int64  // time since started as of the last tick, in nanoseconds; a clock that costs nothing to read
}

// New returns a server that lets in whom auth knows, to the rooms of e.
func New(cfg Config, e *engine.Engine, auth auth.Authenticator, log *slog.Logger) *Server {
	s := &Server{cfg: cfg.withDefaults(), engine: e, auth: auth, log: log, counters: newCounters(), started: time.Now()}
	s.cfg.FrameBytes = cmp.Or(s.cfg.FrameBytes, e.MessageBytes())
	s.setLimits()
	s.rechecks = newRechecks()
	s.pollers = netpoll.New(e)
	s.counters.set.NewGauge("realtime_connections", func() float64 { return float64(s.conns.size() - s.repeats.Refusals()) })
	s.counters.set.NewGauge("realtime_handshakes", s.handshakes)
	s.counters.set.NewGauge("realtime_poller_events_total", func() float64 { return float64(s.pollers.Events()) })
	return s
}

// setLimits makes the limits that the configuration sets.
func (s *Server) setLimits() {
	cfg, set := &s.cfg, s.counters.set
	s.connLimits = limit.NewConnections(limit.ConnectionsConfig{
		Total: cfg.Connections, PerIP: cfg.ConnectionsPerIP, PerUser: cfg.ConnectionsPerUser, Unlimited: cfg.Unlimited,
	}, set)
	s.handshakeRate = limit.NewHandshakeRate(cfg.HandshakesPerIP, cfg.HandshakeBurst, set, s.started)
	s.addresses = limit.Addresses{TrustedProxies: cfg.TrustedProxies, Unlimited: cfg.Unlimited}
	s.nativeRate = limit.NewRate(cfg.MessagesPerSecond, cfg.MessageBurst)
	s.yjsRate = limit.NewRate(cfg.YWebsocketMessagesPerSecond, cfg.YWebsocketBurst)
	s.rateClock = func() time.Duration { return time.Since(s.started) }
	s.pause = (*conn).pauseFor
	s.budget = limit.NewBudget(cfg.UnfinishedBytes, cfg.FrameBytes, set)
	s.longMessages = limit.NewLongMessages(set)
	s.repeats = limit.NewRepeats(cfg.HeldRefusals, set, s.started)
	s.samples = limit.NewLogSampler(s.log, s.started)
}

// Serve serves l until ctx is done, then shuts down: it accepts no more, drains
// the engine, gives the connections time to close and returns, within
// Config.DrainTimeout. It returns nil when nothing was lost.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	g := s.newListener(l)
	s.listener.Store(g)
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

func (s *Server) httpServer(g *limit.Listener) *http.Server {
	h := &http.Server{
		Handler:           s,
		ConnState:         g.ConnState,
		ConnContext:       limit.ConnContext,
		ReadHeaderTimeout: s.cfg.HandshakeTimeout,
		ReadTimeout:       2 * s.cfg.HandshakeTimeout,
		WriteTimeout:      2 * s.cfg.HandshakeTimeout,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	h.SetKeepAlivesEnabled(false) // a kept connection would occupy a slot for handshakes
	return h
}

func (s *Server) shutdown(g *limit.Listener, h *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	_ = g.Close()
	s.rechecks.end()
	s.closeHeldBack()
	err := s.engine.Drain(ctx)
	_ = h.Close()
	s.conns.end(ctx, errRestarting)
	s.samples.Stop()
	go s.endPollers()
	return err
}

var errRestarting = engine.ErrDraining.(*engine.CloseError)

// endPollers waits for the last connection, which may have been cut off only now.
func (s *Server) endPollers() {
	<-s.conns.ended
	s.pollers.Close()
}

// ServeHTTP implements http.Handler. No http.ServeMux: it answers paths with
// "." or ".." segments with a redirect, and clients must get a close code.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := trimPrefix(s.cfg.Path, r.URL.EscapedPath()); ok {
		s.upgrade(w, r, rest)
		return
	}
	limit.AnswersHTTP(r)
	s.admin(w, r)
}
