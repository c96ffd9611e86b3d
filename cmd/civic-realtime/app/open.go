package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/hookports"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/logs"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/memory"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/metricset"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/documents"
	"github.com/civicpress/civic-realtime/transport/webhooks"
)

// components are the parts that must be closed, the server first.
type components struct {
	logs      *logs.Logs
	server    *transport.Server
	documents *documents.Server // nil: there is no documents API
	engine    *engine.Engine
	events    *events.Hub
	store     store
	node      *node                   // it is the store; nil: this server is alone
	civic     *authority              // nil: CivicPress is not asked
	hooks     *hookParts              // nil: there are no hooks
	jwt       *jwtAuthenticator       // nil: tokens are not checked, or by civic
	tasks     []func(context.Context) // run beside the server, until it shuts down
	memory    *memory.Watcher         // nil: there is no limit
	metrics   *metricset.Set
	webhooks  *webhooks.Webhooks
	trail     *audit.Trail // nil: there is none
	reloads   *reloadMetrics
	admin     *adminAPI // nil: it is off, or does not serve yet
}

// opening is what the parts of a server are made of, beside its configuration.
type opening struct {
	dir        string // the data directory
	claim      func() error
	socketKept bool
	shared     *redis.Client // nil: the server is alone
	certs      certificates
	logs       *logs.Logs
	lines      *logSink
	trail      *audit.Trail // nil: there is none
}

// open makes all parts of a server and connects them. It calls claim when everything is made that
// needs no store, and opens the store if that returns nil. After an error it has closed what it
// made. This file is the only one that knows all of them.
func open(ctx context.Context, c *Config, o opening) (p components, err error) {
	l := o.logs
	if !c.dev && c.enabled() {
		if err := c.Auth.JWT.openRemote(l.Area(logs.Auth)); err != nil {
			return p, err
		}
	}
	p.logs, p.events, p.metrics = l, new(events.Hub), newMetrics()
	p.reloads = new(reloadMetrics)
	if p.civic, err = openCivicPress(*c, l.Area(logs.CivicPress)); err != nil {
		return p, err
	}
	if p.hooks, err = openHooks(c, l.Area(logs.Auth)); err != nil {
		return p, err
	}
	if err = o.claim(); err == nil {
		err = p.openStores(ctx, c, o)
	}
	if err == nil {
		err = p.connect(c, o)
	}
	return p, err
}

// openStores opens the store of the server, which is that of a node if there is a Redis.
func (p *components) openStores(ctx context.Context, c *Config, o opening) (err error) {
	p.store, err = openStore(*c, o.dir, o.logs.Area(logs.Store))
	if errors.Is(err, persist.ErrInUse) {
		return fmt.Errorf("%w; end the server that runs there, or start this one with --takeover", err)
	}
	if err != nil || o.shared == nil {
		return err
	}
	if p.node, err = c.join(ctx, o.shared, p.store.(*bolt.Store), o.certs, o.logs); err == nil {
		p.store = p.node
	}
	return err
}

// connect makes the engine and the server of p. After an error it closes the store.
func (p *components) connect(c *Config, o opening) error {
	ec, tc := engineConfig(*c), transportConfig(*c)
	c.Memory.fit(&ec, &tc)
	ec.Events, tc.Events, tc.Metrics = p.events, p.events, p.metrics.WritePublic
	rooms := p.makeWebhooks(c, o.dir)
	ec.Announce = p.webhooks
	addMetrics(p.metrics, p.store, o.lines, o.certs)
	if o.certs.public != nil {
		tc.TLS = o.certs.public.Config()
	}
	p.openRecords(&ec)
	if p.node != nil {
		p.node.apply(&ec, &tc)
	}
	if keys := c.Auth.JWT.remote; keys != nil {
		p.tasks = append(p.tasks, keys.Run)
		addMetrics(p.metrics, keys)
	}
	var err error
	if c.Auth.JWT.own, err = p.ownTokenKey(c, o.dir); err != nil {
		return errors.Join(err, p.store.Close())
	}
	if p.civic != nil {
		r := rulesOf(c)
		p.civic.rules.Store(&r)
	}
	log := p.logs.Area(logs.Engine)
	tc.SocketKept = o.socketKept
	p.engine = engine.New(ec, p.store, log)
	if err := loadDecisions(p.engine, log); err != nil {
		return errors.Join(err, p.engine.Drain(context.Background()), p.store.Close())
	}
	rooms.engine = p.engine
	if err := p.webhooks.Start(context.Background()); err != nil {
		return errors.Join(err, p.engine.Drain(context.Background()), p.store.Close())
	}
	p.openPrograms(c, o.trail)
	tc.Programs = p.serveProgram()
	p.memory = c.Memory.watcher(p.engine, log)
	tc.Remark = p.memory.Remark
	if p.memory != nil {
		p.tasks = append(p.tasks, p.memory.Run)
	}
	p.server = transport.New(tc, p.engine, p.authenticator(c), p.logs.Area(logs.Transport))
	addMetrics(p.metrics, p.engine, p.server, p.memory, p.reloads, p.webhooks)
	if p.node != nil {
		p.node.run(p.engine, p.server, p.webhooks.Rescan)
	}
	p.addRoomTasks(c, log)
	return nil
}

// openRecords sets the records of the engine, if CivicPress or hooks have any.
func (p *components) openRecords(ec *engine.Config) {
	if p.civic != nil {
		ec.Records = records{p.civic.client}
		addMetrics(p.metrics, p.civic.client)
	}
	if p.hooks != nil {
		addMetrics(p.metrics, p.hooks.client)
		if p.hooks.records != nil {
			ec.Records = p.hooks.records
		}
	}
}

// addRoomTasks adds the task that looks after rooms without clients: those that nobody visits
// expire, or those with unsaved drafts are loaded after a start.
func (p *components) addRoomTasks(c *Config, log *slog.Logger) {
	switch e, st := p.engine, p.store; {
	case p.civic == nil && !p.hooks.hasRecords() && c.Snapshots.Unowned > 0:
		p.tasks = append(p.tasks, func(ctx context.Context) { expireUnvisited(ctx, e, st, log) })
	case c.CivicPress.Token != "", p.hooks.hasRecords():
		p.tasks = append(p.tasks, func(ctx context.Context) { resume(ctx, e, p.local(), log) })
	}
}

// reconfigure gives all parts another configuration.
func (p *components) reconfigure(c *Config) error {
	admin, err := p.admin.prepare(&c.Admin)
	if err != nil {
		return err
	}
	if p.civic != nil {
		if err := p.civic.client.Reconfigure(c.CivicPress.client()); err != nil {
			return err
		}
		r := rulesOf(c)
		p.civic.rules.Store(&r)
	}
	if err := p.hooks.reconfigure(c); err != nil {
		return err
	}
	if p.jwt != nil {
		p.jwt.jwt.Store(auth.NewJWT(c.Auth.JWT.transport()))
	}
	admin()
	ec, tc := engineConfig(*c), transportConfig(*c)
	c.Memory.fit(&ec, &tc)
	if tc.Programs = p.serveProgram(); p.documents != nil {
		p.documents.Reconfigure(c.programs())
	}
	p.engine.Reconfigure(ec)
	p.server.Reconfigure(tc)
	p.store.SetRetention(c.retention())
	p.logs.SetLevels(c.Log.Level)
	return p.webhooks.Reconfigure(context.Background(), c.webhooks())
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

// local returns the store on the disk of this machine.
func (p *components) local() store {
	if p.node != nil {
		return p.node.local
	}
	return p.store
}

// resume makes the engine check all stored rooms. With CivicPress these are the rooms that were
// edited lately, or are not saved in CivicPress yet. One of several nodes checks those on its own
// disk; it does not load rooms that others have.
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

// jwtAuthenticator is an auth.JWT that can be replaced.
type jwtAuthenticator struct{ jwt atomic.Pointer[auth.JWT] }

// Admit implements auth.Authenticator.
func (j *jwtAuthenticator) Admit(
	ctx context.Context, token string, room roomkey.Key,
) (auth.Session, error) {
	return j.jwt.Load().Admit(ctx, token, room)
}

// authenticator returns the Authenticator of a configuration; civic is nil if CivicPress is not
// asked.
func (p *components) authenticator(c *Config) auth.Authenticator {
	switch {
	case c.dev:
		return auth.AllowAll{}
	case p.civic != nil:
		return p.civic
	case p.hooks != nil && p.hooks.authority != nil:
		return p.hooks.authority
	}
	p.jwt = &jwtAuthenticator{}
	p.jwt.jwt.Store(auth.NewJWT(c.Auth.JWT.transport()))
	if p.hooks.hasRecords() {
		return hookports.Users{Authenticator: p.jwt}
	}
	return p.jwt
}
