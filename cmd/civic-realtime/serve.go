package main

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

// serveCommand is what flags and environment say; nil is silence. They go before
// the file, and flags before the environment.
type serveCommand struct {
	Config        string  `env:"CIVIC_REALTIME_CONFIG" placeholder:"FILE" help:"Configuration file, YAML."`
	Features      string  `env:"CIVIC_REALTIME_FEATURES" placeholder:"FILE" help:"CivicPress' features.yml (the one beside the configuration file)."`
	Listen        *string `env:"CIVIC_REALTIME_LISTEN" placeholder:"HOST:PORT" help:"Address to listen on (127.0.0.1:3001)."`
	DataDir       *string `env:"CIVIC_REALTIME_DATA_DIR" placeholder:"DIR" help:"Where rooms are kept (./data)."`
	Dev           bool    `env:"CIVIC_REALTIME_DEV" help:"Development mode: let everybody in, on a loopback address only."`
	Durability    *string `env:"CIVIC_REALTIME_DURABILITY" placeholder:"sync|async|off" help:"When an update is passed on: once it is on the disk (sync), with the operating system (async), at once (off)."`
	JWTSecretFile *string `name:"jwt-secret-file" env:"CIVIC_REALTIME_JWT_SECRET_FILE" placeholder:"FILE" help:"File with the secret that tokens are signed with. CIVIC_REALTIME_JWT_SECRET may hold the secret itself."`
	JWKSURL       *string `name:"jwks-url" env:"CIVIC_REALTIME_JWKS_URL" placeholder:"URL" help:"Where an identity provider publishes the keys that it signs tokens with (jwks_uri)."`
	CivicPressURL *string `name:"civicpress-url" env:"CIVIC_REALTIME_CIVICPRESS_URL" placeholder:"URL" help:"Where CivicPress' API is, such as http://127.0.0.1:3000. CIVIC_REALTIME_CIVICPRESS_SECRET may hold its secret."`
	LogFormat     *string `env:"CIVIC_REALTIME_LOG_FORMAT" placeholder:"text|json" help:"Form of the log (text)."`
	LogLevel      *string `env:"CIVIC_REALTIME_LOG_LEVEL" placeholder:"LEVEL" help:"Least level that is logged: debug, info, warn, error (info)."`
}

// Run implements kong's command.
func (f serveCommand) Run() error {
	c, err := f.config()
	if err != nil {
		return usageError{err}
	}
	c.logs = newLogSink(os.Stderr)
	defer c.logs.flush()
	log := c.logger(c.logs)
	at, err := c.address()
	if err != nil {
		return usageError{err}
	}
	if c.enabled() && !c.dev && !c.Auth.JWT.hasKeys() && c.CivicPress.URL == "" {
		return usageError{errNoAuth}
	}
	for _, w := range c.warnings() {
		log.Warn(w)
	}
	return run(untilSignal(log), c, at, log)
}

var errNoAuth = errors.New("nothing to check tokens with: set civicpress.url in the configuration file, CIVIC_REALTIME_CIVICPRESS_URL or --civicpress-url " +
	"to have CivicPress asked, or, for JWT, auth.jwt.secret, secret_file, public_key_file, jwks_file or jwks_url in the file, " +
	"CIVIC_REALTIME_JWT_SECRET, --jwt-secret-file or --jwks-url; for development on this machine, --dev needs no tokens")

// config lays flags and environment over the file. Its error says all that is wrong.
func (f serveCommand) config() (config, error) {
	c, err := load(f.Config)
	c.complete()
	err = errors.Join(err, c.loadFeatures(f.Features, f.Config))
	c.Enabled = new(toggle(c.enabled() && !off(c.features.Realtime)))
	c.dev = f.Dev
	set(&c.DataDir, f.DataDir)
	set(&c.Durability, f.Durability)
	set(&c.Log.Format, f.LogFormat)
	set(&c.Log.Level, f.LogLevel)
	if f.JWTSecretFile != nil {
		c.Auth.JWT.Secret, c.Auth.JWT.SecretFile = "", *f.JWTSecretFile
	} else if s := os.Getenv("CIVIC_REALTIME_JWT_SECRET"); s != "" {
		c.Auth.JWT.Secret, c.Auth.JWT.SecretFile = s, "" // not a flag: others see a process' arguments
	}
	set(&c.Auth.JWT.JWKSURL, f.JWKSURL)
	set(&c.CivicPress.URL, f.CivicPressURL)
	if s := os.Getenv("CIVIC_REALTIME_CIVICPRESS_SECRET"); s != "" {
		c.CivicPress.Secret, c.CivicPress.SecretFile = s, ""
	}
	if f.Listen != nil {
		err = errors.Join(err, c.setListen(*f.Listen))
	}
	return c, errors.Join(err, c.check())
}

func set(dst, src *string) {
	if src != nil {
		*dst = *src
	}
}

func (c *config) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.logLevel}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// gcPercent is how much the heap may grow between two collections: connections are
// most of it, which live long, and little is thrown away, so that collecting costs less
// than waiting. While the server drains it writes whole snapshots, each of which leaves
// garbage of its size, and is to get by with the memory that it has: a container's limit
// may be near. GOGC in the environment goes before both.
const (
	gcPercent         = 50
	gcPercentDraining = 25
)

// run serves until ctx is done.
func run(ctx context.Context, c config, at *net.TCPAddr, log *slog.Logger) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
		defer context.AfterFunc(ctx, func() { debug.SetGCPercent(gcPercentDraining) })()
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return err
	}
	s, err := open(c, dir, log)
	if err != nil {
		return err
	}
	l, err := net.ListenTCP("tcp", at)
	if err != nil {
		return errors.Join(err, s.store.Close())
	}
	for _, task := range s.tasks {
		go task(ctx)
	}
	announce(os.Stdout, c, l.Addr().(*net.TCPAddr), dir)
	err = s.server.Serve(ctx, l)
	log.Info("stopped")
	return errors.Join(err, s.store.Close())
}
