package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// patience bounds every wait for something that must happen. It claims nothing about speed.
const patience = 30 * time.Second

// world is a running server with an engine of its own.
type world struct {
	*Server
	engine *engine.Engine // the server's
	t      *testing.T
	addr   string
	log    *logBuffer
	stop   context.CancelFunc
	served chan error

	limitClock *testClock // of the rates

	waiting chan struct{} // receives for each throttled connection; nil unless a test sets it
}

// option changes the setup of newWorld.
type option func(*setup)

type setup struct {
	cfg    Config
	engine engine.Config
	auth   auth.Authenticator
	store  engine.Store
	listen func(net.Listener) net.Listener
	logs   func(slog.Handler) slog.Handler
	clock  *testClock
	before func(*Server) // called before the server starts; may be nil

	holding *testClock
}

func with(cfg Config) option                  { return func(s *setup) { s.cfg = cfg } }
func withAuth(a auth.Authenticator) option    { return func(s *setup) { s.auth = a } }
func withStore(st engine.Store) option        { return func(s *setup) { s.store = st } }
func withClock(h *testClock) option           { return func(s *setup) { s.clock = h } }
func withEngine(cfg engine.Config) option     { return func(s *setup) { s.engine = cfg } }
func (w *world) url(path string) string       { return "http://" + w.addr + path }
func (w *world) mustLog(parts ...string)      { w.t.Helper(); w.log.mustHave(w.t, parts...) }
func (w *world) count(name string) (n uint64) { return w.counters.set.GetOrCreateCounter(name).Get() }

// withoutPollers prepares a server for a test of systems without pollers.
var withoutPollers = func(*Server) {}

// newWorld starts a server on a free port. The sweep does not run by itself: tests call tick.
func newWorld(t *testing.T, options ...option) *world {
	t.Helper()
	o := setup{auth: auth.AllowAll{}, store: persist.NewMemory()}
	for _, f := range options {
		f(&o)
	}
	if allOverTLS {
		overTLS(&o)
	}
	o.cfg.PingInterval = 1000 * time.Hour
	log := &logBuffer{}
	var logs slog.Handler = slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})
	if o.logs != nil {
		logs = o.logs(logs)
	}
	logger := slog.New(logs)
	w := &world{t: t, log: log, served: make(chan error, 1)}
	w.engine = engine.New(o.engine, o.store, logger)
	w.Server = New(o.cfg, w.engine, o.auth, logger)
	withoutPollers(w.Server)
	if o.before != nil {
		o.before(w.Server)
	}
	if w.limitClock = o.clock; w.limitClock == nil {
		w.limitClock = &testClock{}
		w.limitClock.real.Store(&w.started)
	}
	w.limitClock.install(w.Server)
	if o.holding != nil {
		w.repeats.Now, w.samples.Now = o.holding.time, o.holding.time
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.addr = l.Addr().String()
	if o.listen != nil {
		l = o.listen(l)
	}
	var ctx context.Context
	ctx, w.stop = context.WithCancel(context.Background())
	go func() { w.served <- w.Serve(ctx, l) }()
	t.Cleanup(w.end)
	return w
}

// end stops the server, once, and checks that it ends without an error.
func (w *world) end() {
	if w.stop == nil {
		return
	}
	w.stop()
	w.stop = nil
	select {
	case err := <-w.served:
		if err != nil {
			w.t.Errorf("Serve: %v", err)
		}
	case <-time.After(patience):
		w.t.Error("Serve does not return")
	}
}

// advance runs the sweep for all slots at the time d after the server's start.
func (w *world) advance(d time.Duration) {
	for slot := range sweepSlots {
		w.tick(w.started.Add(d), slot)
	}
}

func (w *world) get(path string) (int, string, http.Header) {
	w.t.Helper()
	resp, err := http.Get(w.url(path))
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(body), resp.Header
}

// settle waits until writes whose bytes clients have received have ended in the server, too.
func (w *world) settle() {
	for slot := range sweepSlots {
		w.conns.each(slot, func(c *conn) {
			c.mu.Lock()
			defer c.mu.Unlock()
		})
	}
}

// only returns the only connection, after its first messages were written.
func (w *world) only() (c *conn) {
	w.t.Helper()
	w.until("there is a connection", func() bool {
		for slot := range sweepSlots {
			w.conns.each(slot, func(found *conn) { c = found })
		}
		return c != nil
	})
	w.settle()
	return c
}

// awaitOpen waits until messages of the client are processed, which begins after its first messages
// were written.
func (w *world) awaitOpen(c *conn) {
	w.t.Helper()
	w.until("it is open", func() bool {
		c.reading.Lock()
		defer c.reading.Unlock()
		return c.phase == open
	})
}

// until waits for a condition that a goroutine of the server is about to make true.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: not yet\n%s", what, w.log)
		}
	}
}

// logBuffer keeps what was logged, in lines of JSON.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *logBuffer) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *logBuffer) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// mustHave waits for a line with all parts among its values.
func (j *logBuffer) mustHave(t *testing.T, parts ...string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !j.has(parts); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no line of the log has %q:\n%s", parts, j)
		}
	}
}

func (j *logBuffer) has(parts []string) bool {
	for line := range strings.Lines(j.String()) {
		var values map[string]any
		if json.Unmarshal([]byte(line), &values) == nil && containsAll(line, parts) {
			return true
		}
	}
	return false
}

func containsAll(s string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}
