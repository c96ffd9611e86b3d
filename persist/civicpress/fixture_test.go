package civicpress

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// fixture is a client and a fake API in a network of their own and a synctest bubble: time passes
// when all goroutines wait.
type fixture struct {
	*Client
	t   *testing.T
	api *standin.API
	net *network
	ann string // the token of a clerk
}

// withAPI runs a test with a fixture. The API has no limits but those of opt.
func withAPI(t *testing.T, cfg Config, opt standin.Options, f func(t *testing.T, w *fixture)) {
	t.Helper()
	if opt.AuthLimit == 0 {
		opt.AuthLimit = -1
	}
	if opt.Limit == 0 {
		opt.Limit = -1
	}
	synctest.Test(t, func(t *testing.T) {
		w := &fixture{t: t, api: standin.New(opt), net: newNetwork()}
		w.ann = w.api.Login("ann", "clerk")
		server := &http.Server{Handler: w.api}
		go func() { _ = server.Serve(w.net) }()
		cfg := cfg
		cfg.URL = "http://api.example"
		if cfg.Transport == nil {
			cfg.Transport = &http.Transport{DialContext: w.net.dial}
		}
		var err error
		if w.Client, err = New(cfg); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			w.Close()
			_ = server.Close()
		})
		f(t, w)
	})
}

// mustFail fails the test unless err is of a kind.
func (w *fixture) mustFail(err, kind error) *Error {
	w.t.Helper()
	var e *Error
	if !errors.Is(err, kind) || !errors.As(err, &e) {
		w.t.Fatalf("%v, want %v", err, kind)
	}
	return e
}

func (w *fixture) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// mustCount fails the test unless a route was called that often since the last time.
func (w *fixture) mustCount(route string, want int) {
	w.t.Helper()
	if n := w.api.Count(route); n != want {
		w.t.Errorf("%d calls of %q, want %d", n, route, want)
	}
}

func (w *fixture) mustAuthenticate(token string) User {
	w.t.Helper()
	u, err := w.Authenticate(w.t.Context(), token)
	w.must(err)
	return u
}

func (w *fixture) mustLoadRecord(token, id string) Record {
	w.t.Helper()
	r, err := w.LoadRecord(w.t.Context(), token, id)
	w.must(err)
	return r
}

// network is a listener whose connections are pipes.
type network struct {
	conns chan net.Conn
	ended chan struct{}
	once  sync.Once
	down  atomic.Bool // refuses connections
	dials atomic.Int64
}

func newNetwork() *network {
	return &network{conns: make(chan net.Conn), ended: make(chan struct{})}
}

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	n.dials.Add(1)
	if n.down.Load() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	ours, theirs := net.Pipe()
	select {
	case n.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-n.ended:
		return nil, net.ErrClosed
	}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.ended:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.once.Do(func() { close(n.ended) })
	return nil
}

func (n *network) Addr() net.Addr { return &net.TCPAddr{} }

// mustTake fails the test unless f takes a time between two, on the clock of the bubble.
func (w *fixture) mustTake(least, most time.Duration, f func()) {
	w.t.Helper()
	started := time.Now()
	f()
	if d := time.Since(started); d < least || d > most {
		w.t.Errorf("took %v, want %v to %v", d, least, most)
	}
}
