package admin

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/console"
	"github.com/civicpress/civic-realtime/transport/admin/history"
	"github.com/civicpress/civic-realtime/transport/httpapi"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// New returns a server that is not serving yet.
func New(cfg Config, log *slog.Logger) *Server {
	s := &Server{
		cfg: cfg, log: log, started: time.Now(), metrics: newCounters(),
		attempts: limit.NewAttempts(time.Now()),
	}
	s.recorder = history.NewRecorder(cfg.Totals)
	s.own, s.all = history.NewLive(s.gatherOwn), history.NewLive(s.gatherAll)
	s.conns = newListener(s.metrics.refused[connectionRefused].Inc)
	s.sessions = console.NewSessions(cfg.withDefaults().sessions(), func(why console.End) {
		s.metrics.ended[why].Inc()
	})
	s.Reconfigure(cfg.Settings)
	s.gauges()
	return s
}

// Reconfigure replaces the settings, from the next request and the next connection on. With another
// token all sessions and streams of events and samples end; without the console all sessions do. It
// must not be called twice at a time.
func (s *Server) Reconfigure(to Settings) {
	to = to.withDefaults()
	c := &current{
		Settings: to, routes: routes(to.Profile), readers: make(chan struct{}, to.Readers),
	}
	if !to.Console {
		c.routes = slices.DeleteFunc(c.routes, func(c route) bool { return c.path == sessionPath })
	}
	if to.Token != "" {
		c.secret = newSecret(to.Token)
	}
	was := s.current.Load()
	same := was != nil && sameSecret(was.secret, c.secret)
	if same {
		c.valid, c.revoke = was.valid, was.revoke
	} else {
		c.valid, c.revoke = context.WithCancel(context.Background())
	}
	s.current.Store(c)
	s.conns.setMax(to.Connections)
	s.sessions.Reconfigure(to.sessions())
	if was != nil && !same {
		was.revoke()
	}
	if !same || !to.Console {
		s.sessions.EndAll()
		s.conns.abortUpgraded()
	}
}

const (
	headerTime  = 5 * time.Second  // in which a request's header must come
	requestTime = 10 * time.Second // in which all of a request must come
	idleTime    = time.Minute      // after which a connection without requests is closed
	headerBytes = 16 << 10
)

// Record keeps samples for the other nodes until ctx is done. It is for a server that does not
// serve itself, and may be called once.
func (s *Server) Record(ctx context.Context) { s.recorder.Run(ctx) }

// Serve serves l, and keeps samples, until ctx is done. Streams then end, and other requests have a
// moment to be answered. It may be called once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var recording sync.WaitGroup
	recording.Go(func() { s.recorder.Run(ctx) })
	defer recording.Wait()
	defer cancel()
	s.conns.Listener = l
	h := &http.Server{
		Handler:           s,
		ConnState:         s.conns.state,
		ConnContext:       s.conns.remember,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       requestTime,
		WriteTimeout:      httpapi.AnswerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(s.conns) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.conns.abortUpgraded()
	ending, end := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer end()
	if err := h.Shutdown(ending); errors.Is(err, context.DeadlineExceeded) {
		_ = h.Close() // a client that does not take its answer holds nothing up
	}
	return nil
}

// shutdownTime is how long requests may take to be answered when the server ends.
const shutdownTime = time.Second

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := &httpapi.Counting{ResponseWriter: w, Count: s.metrics.answered}
	refused := s.guard(r)
	if refused == nil {
		var leave func()
		r, leave = s.recognize(r)
		defer leave()
	}
	c, err := s.serve(answer, r, refused)
	s.audit(c, r, answer.Status, err)
}

// serve answers a request, which the guard may have refused. It returns the route of one that is
// allowed, and the error of one that is not.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, refused error) (*route, error) {
	w.Header().Set("Cache-Control", "no-store")
	console.Protect(w.Header())
	c, err := (*route)(nil), refused
	if err == nil {
		c, err = s.admit(w, r)
	}
	if err != nil {
		httpapi.DiscardInput(w, r)
		s.fail(w, r, err)
		return nil, err
	}
	if err = checkNames(c, r); err == nil {
		err = s.dispatch(c, w, r)
	}
	if err != nil {
		s.fail(w, r, err)
	}
	return c, nil
}

// audit passes a call on to the audit trail. What other nodes read here for an answer of theirs is
// no call of an administrator.
func (s *Server) audit(c *route, r *http.Request, status int, refused error) {
	who := callerOf(r)
	if s.cfg.Audit == nil || c != nil && !c.audited() && !who.refused ||
		c != nil && ofNode(r) && c.method == get && !c.owned {
		return
	}
	call := Call{
		By: by(r), Remote: r.RemoteAddr, Method: r.Method, Status: status,
		Refused: refused != nil || who.refused,
	}
	if c != nil {
		call.Route, call.Room, call.User = c.path, r.PathValue("room"), r.PathValue("user")
	} else if len(call.Method) > maxMethod {
		call.Method = call.Method[:maxMethod]
	}
	s.cfg.Audit(call)
}

// audited reports whether the audit trail is told about the calls of a route.
func (c *route) audited() bool {
	return strings.HasPrefix(c.path, "/v1/") || c.path == sessionPath && c.method != get
}

// maxMethod is how much of the method of a refused request is passed on.
const maxMethod = 10

// admit returns the route of a request that is allowed.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (*route, error) {
	if err := s.checkOrigin(r); err != nil {
		return nil, err
	}
	if c := s.consoleRoute(r); c != nil {
		return c, nil
	}
	c, missing := find(s.current.Load().routes, w, r)
	if missing != nil || !c.open {
		if err := s.authorize(w, r); err != nil {
			w.Header().Del("Allow")
			return nil, err // without a token one does not learn which paths there are
		}
	}
	if missing != nil {
		return nil, missing
	}
	return c, httpapi.Acceptable(r, c.media()...)
}
