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
)

// Server is the program of a configuration, before it is started.
type Server struct {
	Log *slog.Logger

	config  Config
	address *net.TCPAddr
	out     io.Writer // gets the announcement of its addresses
	lines   *logSink
}

// New returns a server that writes its announcement to out and logs to log. Its errors are about
// the configuration; nothing is opened yet.
func New(c Config, out, log io.Writer) (*Server, error) {
	address, err := c.address()
	if err != nil {
		return nil, err
	}
	if c.enabled() && !c.dev && !c.Auth.JWT.hasKeys() && c.CivicPress.URL == "" {
		return nil, errNoAuth
	}
	lines := newLogSink(log)
	s := &Server{Log: c.logger(lines), config: c, address: address, out: out, lines: lines}
	for _, w := range c.warnings() {
		s.Log.Warn(w)
	}
	return s, nil
}

var errNoAuth = errors.New("nothing to check tokens with: set civicpress.url in the configuration file, CIVIC_REALTIME_CIVICPRESS_URL or --civicpress-url " +
	"to have CivicPress asked, or, for JWT, auth.jwt.secret, secret_file, public_key_file, jwks_file or jwks_url in the file, " +
	"CIVIC_REALTIME_JWT_SECRET, --jwt-secret-file or --jwks-url; for development on this machine, --dev needs no tokens")

func (c *Config) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.logLevel}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
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
	api, err := s.config.Admin.open(dir)
	if err != nil {
		return err
	}
	p, err := open(s.config, dir, s.Log, s.lines)
	if err != nil {
		return errors.Join(err, api.close())
	}
	l, err := net.ListenTCP("tcp", s.address)
	if err != nil {
		return errors.Join(err, p.store.Close(), api.close())
	}
	ctx, drain := context.WithCancel(ctx)
	defer drain()
	endAdmin := serveAdmin(&s.config, api, p, drain, dir, s.Log)
	for _, task := range p.tasks {
		go task(ctx)
	}
	announce(s.out, s.config, l.Addr().(*net.TCPAddr), api.announced(), dir)
	err = p.server.Serve(ctx, l)
	endAdmin()
	s.Log.Info("stopped")
	return errors.Join(err, p.store.Close())
}
