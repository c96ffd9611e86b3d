// Package sandbox serves the playground of the console. Its documents are in an engine of its own,
// in memory, which is made when the first page connects and ended when nobody has been connected
// for a while. Nothing of it is stored, logged, or counted among the figures of the service.
//
// Files, in layers; each uses only what is listed before it:
//
//	limits.go   Config
//	store.go    a store that keeps nothing
//	world.go    an engine, and the server of its WebSockets
//	sandbox.go  Sandbox
package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/transport/playground"
)

// MetricHelp describes the metrics that WriteMetrics writes.
const MetricHelp = `
realtime_playground_connections gauge WebSockets of the playground in the console. They are not among realtime_connections.
realtime_playground_max_connections gauge How many there may be: half of admin.max_connections.
realtime_playground_max_rooms gauge How many documents may be open in the playground of the console (admin.playground_rooms).
realtime_playground_rooms gauge Documents in memory for the playground of the console. They are not among realtime_rooms.
realtime_playground_started_total counter How often the engine of the playground in the console was made: it ends when nobody has been connected for admin.playground_idle.
`

// Sandbox is an http.Handler of the playground and of its WebSockets.
type Sandbox struct {
	page    http.Handler
	sockets string // prefix of the paths of WebSockets
	started atomic.Uint64

	mu     sync.Mutex // guards everything below
	cfg    Config
	world  *world        // nil: nobody uses it
	idle   *time.Timer   // nil: nobody uses it
	empty  int           // how many looks in a row have found nobody
	ending chan struct{} // closed when the last world that ended has done so; nil: none has
	closed bool
}

// New returns the playground at a path, such as "/console/playground/". home is the address of the
// console, to which it links.
func New(path, home string, cfg Config) *Sandbox {
	s := &Sandbox{cfg: cfg.withDefaults(), sockets: path + "realtime"}
	s.page = playground.Handler(playground.Page{Path: s.sockets, Home: home, Temporary: true})
	return s
}

// ServeHTTP implements http.Handler. It asks for no token.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, s.sockets+"/") {
		s.page.ServeHTTP(w, r)
		return
	}
	used := s.enter()
	if used == nil {
		http.Error(w, "the server is shutting down", http.StatusServiceUnavailable)
		return
	}
	defer s.leave(used)
	used.server.ServeHTTP(w, r)
}

// enter returns the world, for a request that is being answered: it does not end before leave. It
// is nil after Close.
func (s *Sandbox) enter() *world {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	if s.world == nil {
		s.started.Add(1)
		s.world = newWorld(s.cfg, s.sockets)
		s.idle = time.AfterFunc(s.cfg.look(), s.look)
	}
	s.world.requests++
	s.empty = 0
	return s.world
}

func (s *Sandbox) leave(used *world) {
	s.mu.Lock()
	defer s.mu.Unlock()
	used.requests--
}

// look ends the world if nobody has been connected for Config.Idle.
func (s *Sandbox) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.world == nil {
		return
	}
	if s.empty++; s.world.requests > 0 || s.world.connections() > 0 {
		s.empty = 0
	}
	if s.empty >= looks {
		s.end()
		return
	}
	s.idle.Reset(s.cfg.look())
}

// end ends the world, if there is one, and returns a channel that is closed when that is done. mu
// is held.
func (s *Sandbox) end() <-chan struct{} {
	if s.world != nil {
		s.idle.Stop()
		s.ending = s.world.end(s.ending)
		s.world, s.idle, s.empty = nil, nil, 0
	}
	if s.ending == nil {
		s.ending = make(chan struct{})
		close(s.ending)
	}
	return s.ending
}

// Reconfigure replaces the limits. Those of an engine that is there stay until it ends.
func (s *Sandbox) Reconfigure(cfg Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg = cfg.withDefaults()
}

// Close closes all connections, and waits until everything has ended. From now on nobody is served.
func (s *Sandbox) Close() {
	s.mu.Lock()
	s.closed = true
	ended := s.end()
	s.mu.Unlock()
	<-ended
}

// WriteMetrics writes the metrics in the Prometheus text format.
func (s *Sandbox) WriteMetrics(w io.Writer) {
	s.mu.Lock()
	connections, rooms, cfg := 0, 0, s.cfg
	if s.world != nil {
		connections, rooms = s.world.connections(), s.world.rooms()
	}
	s.mu.Unlock()
	_, _ = fmt.Fprintf(w, "realtime_playground_connections %d\n", connections)
	_, _ = fmt.Fprintf(w, "realtime_playground_max_connections %d\n", cfg.Connections)
	_, _ = fmt.Fprintf(w, "realtime_playground_max_rooms %d\n", cfg.Rooms)
	_, _ = fmt.Fprintf(w, "realtime_playground_rooms %d\n", rooms)
	_, _ = fmt.Fprintf(w, "realtime_playground_started_total %d\n", s.started.Load())
}
