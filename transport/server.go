package transport

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/hold"
	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/netpoll"
	"github.com/civicpress/civic-realtime/transport/public"
)

// New returns a server for the rooms of e. auth checks the tokens of its clients.
func New(cfg Config, e *engine.Engine, auth auth.Authenticator, log *slog.Logger) *Server {
	s := &Server{rechecks: newRechecks()}
	s.drain.begun, s.served = make(chan struct{}), make(chan struct{})
	s.engine, s.auth, s.log = localRooms{e}, auth, log
	s.input = documentInput{}
	s.holds = hold.New()
	s.counters, s.started, s.pause = newCounters(), time.Now(), (*conn).pauseFor
	cfg = cfg.withDefaults()
	cfg.FrameBytes = cmp.Or(cfg.FrameBytes, s.engine.MessageBytes())
	s.conf.Store(newSettings(cfg))
	s.lastConn.Store(cfg.FirstConnection)
	s.setLimits()
	s.pollers = netpoll.New(s.engine)
	s.addGauges()
	s.addDrainGauges()
	s.addRelayGauges()
	return s
}

// Config returns the configuration as of now, with its defaults in place of zeros.
func (s *Server) Config() Config { return *s.cfg() }

func (s *Server) addGauges() {
	s.counters.set.NewGauge("realtime_connections", func() float64 {
		return float64(s.connections())
	})
	s.counters.set.NewGauge("realtime_documents", func() float64 {
		return float64(s.documentCount.Load())
	})
	s.counters.set.NewGauge("realtime_handshakes", s.handshakes)
	s.counters.set.NewGauge("realtime_max_connections", func() float64 {
		return float64(s.cfg().Connections)
	})
	s.counters.set.NewGauge("realtime_ready", func() float64 {
		if s.Ready() != nil {
			return 0
		}
		return 1
	})
	s.counters.set.NewGauge("realtime_poller_events_total", func() float64 {
		return float64(s.pollers.Events())
	})
}

// addRelayGauges adds the metrics of connections that are handed on, or wait for that.
func (s *Server) addRelayGauges() {
	gauge := func(name string, f func() float64) { s.counters.set.NewGauge(name, f) }
	gauge("realtime_relays", func() float64 {
		return float64(s.relays.size()) + float64(s.relays.documents.Load())
	})
	gauge("realtime_peer_sessions", func() float64 { return float64(s.dialer.Sessions()) })
	gauge("realtime_connections_held", func() float64 { return float64(s.holds.Len()) })
	gauge("realtime_max_held_connections", func() float64 {
		return float64(s.cfg().HeldConnections)
	})
	gauge(`realtime_relayed_bytes_total{direction="to_node"}`, func() float64 {
		toNodes, _ := s.relays.passed()
		return float64(toNodes)
	})
	gauge(`realtime_relayed_bytes_total{direction="to_client"}`, func() float64 {
		_, toClients := s.relays.passed()
		return float64(toClients)
	})
}

// Serve serves l until ctx is done, or Drain or HandOver is called, then shuts down within
// Config.DrainTimeout: it accepts no more connections, drains the engine and gives the connections
// time to close. It returns nil if nothing was lost.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	g := s.newListener(l)
	s.listener.Store(g)
	h := s.httpServer()
	h.Handler, h.ConnState, h.ConnContext = s, g.ConnState, limit.ConnContext
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(g) }()
	sweeping, stopSweep := context.WithCancel(context.Background())
	defer stopSweep()
	go s.sweep(sweeping)

	var err error
	select {
	case <-ctx.Done():
	case <-s.drain.begun:
	case err = <-failed:
	}
	s.Drain()
	defer close(s.served)
	return errors.Join(err, s.shutdown(g, h))
}

// newListener returns the listener that Serve accepts from.
func (s *Server) newListener(l net.Listener) *limit.Listener {
	return limit.NewListener(l, limit.ListenerConfig{
		Slots: s.cfg().Handshakes, Allow: s.allow,
		Now: func() time.Duration { return s.handshakeRate.Now() },
		Log: s.log, Evicted: s.counters.evicted,
		TLS: s.cfg().TLS, OverRate: s.refusedBeforeTLS,
	})
}

// allow counts a connection that was just accepted against the rate of its address, and returns the
// time for which the address must wait. A connection through a proxy is not counted, as the header
// with its address has to come first.
func (s *Server) allow(c net.Conn) (counted bool, wait time.Duration) {
	ip := s.conf.Load().addresses.Peer(c)
	return ip.IsValid(), s.handshakeRate.Allow(ip)
}

// httpServer returns a server of HTTP that only lacks a handler.
func (s *Server) httpServer() *http.Server {
	h := &http.Server{
		ReadHeaderTimeout: s.cfg().HandshakeTimeout,
		ReadTimeout:       2 * s.cfg().HandshakeTimeout,
		WriteTimeout:      2 * s.cfg().HandshakeTimeout,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          s.httpErrors().Logger(),
	}
	h.SetKeepAlivesEnabled(false) // a kept connection would occupy a slot for handshakes
	return h
}

// ServeHTTP implements http.Handler. It uses no http.ServeMux, which would redirect paths with "."
// or ".." segments, where clients need a close code.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if rest, ok := trimPrefix(s.cfg().Path, path); ok || s.cfg().isDocumentPath(path) {
		s.upgrade(w, r, rest)
		return
	}
	if s.forProgram(r) {
		s.serveProgram(w, r)
		return
	}
	limit.AnswersHTTP(r)
	if s.refusesPlain(w, r) {
		return
	}
	s.public().ServeHTTP(w, r)
}

// public returns the handler of all requests that are no handshakes.
func (s *Server) public() public.Handler {
	cfg := s.cfg()
	h := public.Handler{Ready: s.Ready, Remark: cfg.Remark, Build: cfg.Build}
	h.Playground = cfg.Playground
	if !cfg.NoMetrics {
		h.Metrics = s.writeMetrics
	}
	return h
}

// Ready returns the reason for sending no clients here, nil if there is none.
func (s *Server) Ready() error {
	if s.cfg().Disabled {
		return errDisabled
	}
	if s.Draining() {
		return errNotReady
	}
	if err := s.engine.Ready(); err != nil || s.cfg().Ready == nil {
		return err
	}
	return s.cfg().Ready()
}

// WriteMetrics writes the metrics of the server, without the engine's, in the Prometheus text
// format. MetricHelp describes them.
func (s *Server) WriteMetrics(w io.Writer) { s.counters.set.WritePrometheus(w) }

// writeMetrics writes the answer of /metrics.
func (s *Server) writeMetrics(w io.Writer) {
	if s.cfg().Metrics != nil {
		s.cfg().Metrics(w)
		return
	}
	s.engine.WriteMetrics(w)
	s.WriteMetrics(w)
}
