package peers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/transport/admin"
)

var _ admin.Nodes = (*Peers)(nil)

// fake is all parts of a node. What it has announced is what another one sees.
type fake struct {
	mu      sync.Mutex
	name    string
	nodes   []cluster.NodeInfo
	counts  map[string]int // by user
	reloads int
	fails   error
}

func (f *fake) Name() string { return f.name }

func (f *fake) Nodes() []cluster.NodeInfo {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nodes
}

func (f *fake) Owner(_ context.Context, room string) (string, error) { return "of " + room, f.fails }

func (f *fake) Status() cluster.Status {
	return cluster.Status{Leases: 2, RoundTrip: time.Second, Generations: []string{f.name}}
}

func (f *fake) SeesShared() bool { return true }

func (f *fake) ReloadDecisions(context.Context) ([]engine.Decision, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reloads++
	return make([]engine.Decision, 3), f.fails
}

// looks returns how often decisions were read.
func (f *fake) looks() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reloads
}

func (f *fake) Counts() (map[netip.Addr]int, map[string]int) { return nil, f.counts }

func (f *fake) Connected() int { return 5 }

func (f *fake) CloseBanned(bans []engine.Decision) int { return len(bans) }

// newPeers returns the Peers of a node.
func newPeers(name string, counts map[string]int) (*Peers, *fake) {
	f := &fake{name: name, counts: counts}
	p := New(Config{Secret: "s", Version: "1.2.3", Address: name + ":1", Renew: time.Second},
		slog.New(slog.DiscardHandler))
	p.Attach(Parts{Node: f, Engine: f, Server: f, Unsent: func() int { return 7 }})
	return p, f
}

// TestLimitsCountAllNodes shows that the connections which other nodes announce are counted within
// a second, and those of a node that announces nothing any more are not; and that locks and bans of
// other nodes are looked for.
func TestLimitsCountAllNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, f := newPeers("a", map[string]int{"ann": 1})
		b, _ := newPeers("b", map[string]int{"ann": 4})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			a.Run(ctx)
		}()
		see := func(silent time.Duration) {
			f.mu.Lock()
			f.nodes = []cluster.NodeInfo{
				{Name: "a", Self: true, More: a.Describe()}, {Name: "b", Address: "b:1", More: b.Describe(), Silent: silent},
				{Name: "c", More: []byte("{}")}, {Name: "d", More: []byte("no JSON")},
			}
			f.mu.Unlock()
			time.Sleep(1500 * time.Millisecond)
		}
		see(0)
		if n := a.Elsewhere().ByUser("ann"); n != 4 {
			t.Errorf("%d", n)
		}
		if see(4 * time.Second); a.Elsewhere().ByUser("ann") != 0 {
			t.Error("a node that is gone counts")
		}
		if n := f.looks(); n != 0 {
			t.Errorf("%d looks for decisions in three seconds", n)
		}
		time.Sleep(decisionsEvery)
		if n := f.looks(); n != 1 {
			t.Errorf("%d looks for decisions", n)
		}
		cancel()
		<-ended
	})
}

// TestNodes shows how a node describes itself and others, and what becomes of bans of others.
func TestNodes(t *testing.T) {
	a, f := newPeers("a", nil)
	b, _ := newPeers("b", nil)
	f.nodes = []cluster.NodeInfo{{Name: "a", Self: true}, {Name: "b", Address: "b:1", More: b.Describe(), PutBack: true}}
	self := a.Self()
	if self.Name != "a" || self.Address != "a:1" || self.Version != "1.2.3" || self.Leases != 2 || self.Connections != 5 ||
		self.UnsentBytes != 7 || self.RedisSeconds != 1 || self.Generation == "" || self.Generation == b.Self().Generation {
		t.Errorf("%+v", self)
	}
	others := a.Others()
	if len(others) != 1 || others[0].Name != "b" || others[0].Address != "b:1" || others[0].Connections != 5 ||
		others[0].Version != "1.2.3" || others[0].PuttingBack || others[0].StartedAt.IsZero() {
		t.Errorf("%+v", others)
	}
	if owner, err := a.Owner(context.Background(), "r"); owner != "of r" || err != nil {
		t.Errorf("%q, %v", owner, err)
	}
	if n, err := a.ReloadDecisions(context.Background()); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	f.fails = errors.New("Redis is away")
	if n, err := a.ReloadDecisions(context.Background()); n != 0 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
}

// TestCalls shows that a node answers probes from the start of Run, and calls from Answer on.
func TestCalls(t *testing.T) {
	a, _ := newPeers("a", nil)
	b, _ := newPeers("b", nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.Take(c)
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Run(ctx)
	}()
	if sees, err := a.Ask(ctx, l.Addr().String()); !sees || err != nil {
		t.Errorf("%v, %v", sees, err)
	}
	call := func() string {
		r, err := http.NewRequest(http.MethodGet, "/v1/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := a.Call(ctx, l.Addr().String(), r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		return string(text)
	}
	if got := call(); !strings.Contains(got, "starting") {
		t.Error(got)
	}
	b.Answer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }))
	if got := call(); got != "/v1/x" {
		t.Error(got)
	}
	var metrics bytes.Buffer
	if a.WriteMetrics(&metrics); !strings.Contains(metrics.String(), "clock_difference") {
		t.Errorf("%s", &metrics)
	}
	cancel()
	<-ended
}
