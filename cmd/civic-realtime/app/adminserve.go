package app

import (
	"context"
	"log/slog"
	"os"

	"github.com/civicpress/civic-realtime/transport/admin"
	"github.com/civicpress/civic-realtime/transport/admin/place"
)

// serveAdmin serves the admin API of p until end is called, which waits until the last answer is
// written. drain begins the shutdown of the program. dir is the data directory.
func (s *Server) serveAdmin(a *adminAPI, p components, drain func(), dir string) (end func()) {
	if a == nil {
		return func() {}
	}
	cfg := s.config.adminConfig(a)
	cfg.Ready, cfg.Metrics, cfg.Drain = p.server.Ready, p.server.WriteMetrics, drain
	server := admin.New(cfg, s.Log)
	p.metrics.add(server)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(ctx, a.listener); err != nil {
			s.Log.Error("admin API: " + err.Error())
		}
	}()
	s.announceAdmin(a, dir)
	return func() {
		stop()
		<-ended
		_ = place.Remove(dir, os.Getpid()) // a stale one is recognized: nothing answers there
	}
}

// announceAdmin writes the address to the data directory, for the commands that operate a running
// server.
func (s *Server) announceAdmin(a *adminAPI, dir string) {
	if !s.config.enabled() {
		return // the directory may be that of another server
	}
	at := place.Place{URL: a.url(), TokenFile: a.tokenFile, PID: os.Getpid()}
	if err := place.Write(dir, at); err != nil {
		s.Log.Warn("commands will not find the admin API by the data directory",
			slog.String("reason", err.Error()))
	}
}
