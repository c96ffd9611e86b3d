package app

import (
	"context"
	"log/slog"
	"os"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/logs"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/metricset"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sandbox"
	"github.com/civicpress/civic-realtime/transport/admin"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/place"
)

// Paths of the listener for operators.
const (
	consolePath    = "/console/"
	playgroundPath = consolePath + "playground/"
)

// serveAdmin serves the admin API of p until end is called, which waits until the last answer is
// written. drain begins the shutdown of the program. dir is the data directory. One of several
// nodes answers the others also if its own admin API is off.
func (s *Server) serveAdmin(
	a *adminAPI, p components, drain func(by string), dir string,
) (end func()) {
	log := s.logs.Area(logs.Admin)
	if a == nil {
		if s.config.enabled() {
			_ = place.Clear(dir) // of a process that was killed
		}
		if p.node == nil {
			return func() {}
		}
		forNodes := admin.New(s.adminConfig(p, drain, admin.Settings{}), log)
		p.node.answer(forNodes)
		return inBackground(forNodes.Record)
	}
	cfg := s.adminConfig(p, drain, s.config.Admin.settings(a.token))
	a.playground = sandbox.New(playgroundPath, consolePath, s.config.Admin.playground())
	cfg.Playground = a.playground
	a.server, a.log = admin.New(cfg, log), log
	if p.node != nil {
		p.node.answer(a.server)
	}
	s.reloading.Lock()
	s.parts.admin = a
	s.reloading.Unlock()
	p.metrics.Add(a.server, a.playground)
	stop := inBackground(func(ctx context.Context) {
		if err := a.server.Serve(ctx, a.served()); err != nil {
			log.Error("admin API: " + err.Error())
		}
	})
	s.announceAdmin(a, dir, log)
	return func() {
		a.playground.Close()
		stop()
		_ = place.Remove(dir, os.Getpid()) // nothing answers at a place that stays
	}
}

// inBackground runs f until end is called, which waits for its end.
func inBackground(f func(context.Context)) (end func()) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f(ctx)
	}()
	return func() {
		stop()
		<-ended
	}
}

// adminConfig returns the configuration of the admin API of p.
func (s *Server) adminConfig(
	p components, drain func(by string), set admin.Settings,
) admin.Config {
	cfg := admin.Config{Settings: set, Build: Build()}
	cfg.Ready, cfg.Metrics, cfg.Drain = p.server.Ready, p.metrics.WriteMetrics, drain
	cfg.Audit = auditCall(p.trail)
	cfg.Engine, cfg.Clients, cfg.Events = p.engine, adminClients{p.server}, p.events
	cfg.Webhooks = adminWebhooks{p.webhooks}
	cfg.Document, cfg.Tree = documentOf(p.engine, s.config), treeOf(p.engine, s.config)
	cfg.Logs, cfg.Reload, cfg.Configuration = s.logs, s.reloadForAdmin, s.configForAdmin
	cfg.Backup, cfg.Remark = backupOf(p.store), p.memory.Remark
	counted := totals{parts: []metricset.Part{p.engine, p.server}, meter: s.config.Memory.meter}
	cfg.Totals = counted.read
	if p.node != nil {
		cfg.Nodes = p.node.others
	}
	return cfg
}

// reloadForAdmin is Reload with the result that the admin API answers with.
func (s *Server) reloadForAdmin(ctx context.Context, by string) (api.Reloaded, error) {
	r, err := s.Reload(By(ctx, Actor(by)))
	return api.Reloaded{
		Changed:  append([]string{}, r.Changed...),
		Restart:  append([]string{}, r.Restart...),
		Warnings: append([]string{}, r.Warnings...),
	}, err
}

// announceAdmin writes the address to the data directory, for the commands that operate a running
// server.
func (s *Server) announceAdmin(a *adminAPI, dir string, log *slog.Logger) {
	if !s.config.enabled() {
		return // the directory may be that of another server
	}
	at := place.Place{URL: a.url(), TokenFile: a.tokenFile, CertFile: a.certFile, PID: os.Getpid()}
	if err := place.Write(dir, at); err != nil {
		log.Warn("commands will not find the admin API by the data directory",
			slog.String("reason", err.Error()))
	}
}
