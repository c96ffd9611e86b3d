package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/metricset"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// components are the parts that must be closed, the server first.
type components struct {
	server  *transport.Server
	engine  *engine.Engine
	events  *events.Hub
	store   io.Closer
	tasks   []func(context.Context) // run beside the server, until it shuts down
	metrics *metricset.Set
}

// open makes all parts of a server and connects them. It calls claim when everything is made that
// needs no store, and opens the store if that returns nil. This file is the only one that knows all
// of them.
func open(
	c Config, dir string, log *slog.Logger, lines *logSink, claim func() error, socketKept bool,
) (components, error) {
	if !c.dev && c.enabled() {
		if err := c.Auth.JWT.openRemote(log); err != nil {
			return components{}, err
		}
	}
	civic, err := openCivicPress(c, log)
	if err != nil {
		return components{}, err
	}
	if err := claim(); err != nil {
		return components{}, err
	}
	st, err := openStore(c, dir, log)
	if err != nil {
		return components{}, err
	}
	ec, tc, hub := engineConfig(c), transportConfig(c), new(events.Hub)
	ec.Events, tc.Events = hub, hub
	all := newMetrics()
	tc.SocketKept = socketKept
	addMetrics(all, st, lines)
	if civic != nil {
		ec.Records = records{civic.client}
		addMetrics(all, civic.client)
	}
	var tasks []func(context.Context)
	if keys := c.Auth.JWT.remote; keys != nil {
		tasks = append(tasks, keys.Run)
		addMetrics(all, keys)
	}
	tc.Metrics = all.WritePublic
	e := engine.New(ec, st, log)
	if err := loadDecisions(e, log); err != nil {
		return components{}, errors.Join(err, e.Drain(context.Background()), st.Close())
	}
	server := transport.New(tc, e, authenticator(c, civic), log)
	addMetrics(all, e, server)
	s := components{
		server: server, engine: e, events: hub, store: st, tasks: tasks, metrics: all,
	}
	switch {
	case civic == nil && c.Snapshot.Unowned > 0:
		s.tasks = append(s.tasks, func(ctx context.Context) { expireUnvisited(ctx, e, st, log) })
	case c.CivicPress.Token != "":
		s.tasks = append(s.tasks, func(ctx context.Context) { resume(ctx, e, st, log) })
	}
	return s, nil
}

// loadDecisions loads the locks and bans of earlier processes. Those that are damaged have been
// logged, and keep nobody from using the others.
func loadDecisions(e *engine.Engine, log *slog.Logger) error {
	err := e.LoadDecisions(context.Background())
	if errors.Is(err, persist.ErrCorrupt) {
		log.Error("not all locks and bans can be read", slog.String("reason", err.Error()))
		return nil
	}
	return err
}

// resume makes the engine check all stored rooms. With CivicPress these are the rooms that were
// edited lately, or are not saved in CivicPress yet.
func resume(ctx context.Context, e *engine.Engine, st store, log *slog.Logger) {
	stored, err := st.Rooms(ctx)
	if err != nil { // the readable rooms are listed all the same
		log.Error("not all stored rooms can be listed; what others have unsaved waits for somebody to open them", slog.String("reason", err.Error()))
	}
	rooms := make([]string, len(stored))
	for i, r := range stored {
		rooms[i] = r.Key
	}
	e.Resume(ctx, rooms)
}

// expireUnvisited sets the expiry of all stored rooms that have none.
func expireUnvisited(ctx context.Context, e *engine.Engine, st store, log *slog.Logger) {
	stored, err := st.Rooms(ctx)
	if err != nil {
		log.Error("stored rooms cannot be listed; those that nobody comes to stay", slog.String("reason", err.Error()))
	}
	var rooms []string
	for _, r := range stored {
		if r.Expires.IsZero() {
			rooms = append(rooms, r.Key)
		}
	}
	e.ExpireUnvisited(ctx, rooms)
}

// authenticator returns the Authenticator of a configuration; civic is nil if CivicPress is not
// asked.
func authenticator(c Config, civic *authority) auth.Authenticator {
	switch {
	case c.dev:
		return auth.AllowAll{}
	case civic != nil:
		return civic
	}
	return auth.NewJWT(c.Auth.JWT.transport())
}
