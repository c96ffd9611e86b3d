package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/logs"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sockets"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/systemd"
)

// Server is the program of a configuration, before it is started.
type Server struct {
	Log *slog.Logger

	address *net.TCPAddr
	out     io.Writer // gets the announcement of its addresses
	lines   *logSink
	logs    *logs.Logs
	systemd *systemd.Notifier
	certs   certificates

	reloading sync.Mutex   // held while the configuration is replaced; guards the rest
	config    Config       // in effect
	parts     *components  // nil unless it runs
	status    string       // for systemd; empty until it serves
	trail     *audit.Trail // nil: there is none; set once
}

// New returns a server that writes its announcement to out and logs to log. Its errors are about
// the configuration; nothing is opened yet.
func New(c Config, out, log io.Writer) (*Server, error) {
	if err := c.CheckServer(); err != nil {
		return nil, err
	}
	address, err := c.address()
	if err != nil {
		return nil, err
	}
	lines := newLogSink(log)
	l := logs.New(lines, c.Log.isJSON(log))
	l.SetLevels(c.Log.Level)
	s := &Server{Log: l.Area(""), config: c, address: address, out: out, lines: lines, logs: l}
	s.systemd = systemd.NewNotifier(s.Log)
	for _, w := range c.Warnings() {
		s.Log.Warn(w)
	}
	s.certs, err = c.loadCertificates(s.Log)
	return s, err
}

// LibraryLines returns a writer for lines that libraries write to Go's standard logger. They are
// logged as warnings.
func (s *Server) LibraryLines() io.Writer {
	return slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn).Writer()
}

// gcPercent is the growth of the heap between two collections, in percent. Most of the heap are
// connections, which live long, and there is little garbage, so memory is spent to save
// collections. While the server drains it writes whole snapshots, each of which leaves garbage of
// its size; then it is to use the memory that it has, as the limit of a container may be near. GOGC
// in the environment overrides both.
const (
	gcPercent         = 50
	gcPercentDraining = 25
)

// Run serves until ctx is done, then drains. It returns nil if nothing was lost. It may be called
// once.
func (s *Server) Run(ctx context.Context) error {
	defer s.lines.flush()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
		defer context.AfterFunc(ctx, func() { debug.SetGCPercent(gcPercentDraining) })()
	}
	dir, err := filepath.Abs(s.config.DataDir)
	if err != nil {
		return err
	}
	if err := s.openTrail(); err != nil {
		return err
	}
	on, err := sockets.Inherit(s.config.sockets(s.address, dir), s.Log)
	for on != nil && err == nil {
		on, err = s.serve(ctx, dir, on)
	}
	return errors.Join(err, s.trail.Close())
}

// serve serves until ctx is done, or another process has taken over. If that process failed after
// this one had given up its store, serve returns the sockets to serve on with.
func (s *Server) serve(ctx context.Context, dir string, in *sockets.Inherited) (
	on *sockets.Inherited, err error,
) {
	api, err := s.config.Admin.open(dir, in.Admin)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	if err := api.secure(s.certs.admin, s.config.Admin.TLS.CertFile); err != nil {
		return nil, errors.Join(err, api.close(), in.Close())
	}
	claim := func() error { return in.Claim(ctx) }
	p, err := s.open(ctx, dir, claim, in.Kept)
	if err != nil {
		return nil, errors.Join(err, api.close(), in.Close())
	}
	defer s.closeParts()
	defer follow(s.trail, p.events)()
	p.metrics.Add(in)
	l, err := in.Listen(s.address)
	if err != nil {
		return nil, errors.Join(err, p.stores().Close(), api.close(), in.Close())
	}
	serving, end := context.WithCancelCause(ctx)
	drain := func() { end(nil) }
	defer drain()
	defer auditDrain(serving, s.trail, p.server.HandingOver)()
	defer drain()
	endAdmin := s.serveAdmin(api, *p, func(by string) { end(Actor(by)) }, dir)
	h := sockets.Offer(sockets.Serving{Public: l, Admin: api.socket(), Kept: in.Kept,
		Dir: s.config.offerIn(dir), Store: p.stores(), HandOver: p.server.HandOver, Stop: drain,
		Log: s.Log})
	for _, task := range p.tasks {
		go task(serving)
	}
	s.ready(serving, in, *p, l, api, dir)
	err = p.server.Serve(serving, l)
	endAdmin()
	if on, err = h.End(ctx, err); on == nil {
		s.Log.Info("stopped")
	}
	return on, err
}

// ready announces that the server serves: to people, to systemd and to the server before.
func (s *Server) ready(serving context.Context, in *sockets.Inherited, p components,
	l *net.TCPListener, api *adminAPI, dir string,
) {
	if !in.Again {
		announce(s.out, s.config, l.Addr().(*net.TCPAddr), api, dir)
	}
	in.Serving()
	s.becomeReady("listening on " + l.Addr().String())
	go s.systemd.Watch(serving, p.server.Alive)
	context.AfterFunc(serving, func() {
		if !p.server.HandingOver() {
			s.systemd.Stopping(p.server.Config().DrainTimeout + stopMargin)
		}
	})
}

// becomeReady informs systemd that the server serves; a reload repeats that.
func (s *Server) becomeReady(status string) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	s.status = status
	s.systemd.Ready(status)
}

// stopMargin is how long the process may need to end after the server has.
const stopMargin = 5 * time.Second

// open makes the parts of the server. dir is the data directory.
func (s *Server) open(
	ctx context.Context, dir string, claim func() error, socketKept bool,
) (*components, error) {
	o := opening{dir: dir, claim: claim, socketKept: socketKept, certs: s.certs, logs: s.logs,
		lines: s.lines, trail: s.trail}
	if s.config.clustered() { // before the process that this one takes over from ends
		var err error
		durable := s.config.Cluster.Durability == "redis"
		o.shared, err = s.config.Redis.open(ctx, durable, s.logs.Area(logs.Redis))
		if err != nil {
			return nil, err
		}
	}
	p, err := s.openParts(ctx, o)
	if err != nil && o.shared != nil {
		err = errors.Join(err, o.shared.Close())
	}
	return p, err
}

// openParts is open when Redis is reached.
func (s *Server) openParts(ctx context.Context, o opening) (*components, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if err := s.showRooms(o.dir); err != nil {
		return nil, err
	}
	p, err := open(ctx, &s.config, o)
	if err != nil {
		return nil, err
	}
	if p.trail = s.trail; p.trail != nil {
		p.metrics.Add(p.trail)
	}
	s.parts = &p
	return s.parts, nil
}

// openTrail opens the audit trail, if there is one.
func (s *Server) openTrail() (err error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	s.trail, err = s.config.Trail.open(s.Log)
	s.trail.Redact(s.logs.Rooms.Redact)
	return err
}

// Reopen opens the file of the audit trail again, which was renamed. It does not wait for that.
func (s *Server) Reopen() {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	s.trail.Reopen()
}

// closeParts makes Reload fail from now on.
func (s *Server) closeParts() {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	s.parts = nil
}
