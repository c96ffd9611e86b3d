package fanout

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServerConfig configures a Server. All fields must be set.
type ServerConfig struct {
	Secret string // of all nodes
	// Calls answers the requests of other nodes, which have the secret.
	Calls http.Handler
	// Self returns what the node says of itself. At is set by the server.
	Self func() Answer
}

// Server answers the requests of other nodes. Use NewServer.
type Server struct {
	cfg ServerConfig
	secret
	conns *queue
	log   *slog.Logger
}

// NewServer returns a server that answers nothing before Serve.
func NewServer(cfg ServerConfig, log *slog.Logger) *Server {
	s := &Server{cfg: cfg, conns: newQueue(), log: log}
	s.SetSecret(cfg.Secret)
	return s
}

// Take answers the requests of a connection, which it owns from now on. It returns when Serve has
// the connection.
func (s *Server) Take(c net.Conn) { s.conns.put(c) }

const (
	headerTime   = 5 * time.Second
	requestTime  = 10 * time.Second
	answerTime   = 30 * time.Second // routes that take longer extend it
	idleTime     = 2 * time.Minute
	headerBytes  = 16 << 10
	shutdownTime = time.Second // for requests that are being answered
)

// Serve answers requests until ctx is done. It may be called once.
func (s *Server) Serve(ctx context.Context) error {
	h := &http.Server{
		Handler: s, BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: answerTime,
		IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(s.conns) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := h.Shutdown(ending); errors.Is(err, context.DeadlineExceeded) {
		_ = h.Close() // a node that does not take its answer holds nothing up
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !s.signed(r):
		s.log.Warn("call without the nodes' secret refused", slog.String("remote", r.RemoteAddr))
		w.Header().Set("Connection", "close")
		http.Error(w, "the secret is not the nodes'", http.StatusUnauthorized)
	case r.URL.Path == probePath:
		a := s.cfg.Self()
		a.At = time.Now()
		a.write(w)
	default:
		s.cfg.Calls.ServeHTTP(w, r)
	}
}
