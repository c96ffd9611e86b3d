package clustertest_test

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/cluster/faultproxy"
	"github.com/civicpress/civic-realtime/engine/cluster/nodestore"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// realRedis is a Redis with a replica. Each process reaches it through a proxy of its own.
type realRedis struct {
	t      *testing.T
	seed   *rand.Rand
	master *redistest.Server

	mu      sync.Mutex // guards what follows
	replica *redistest.Server
	lags    bool // the replica is cut off
	down    bool
	lines   map[*realLink]bool
}

// realLink is a connection of a process through a proxy.
type realLink struct {
	*redis.Client
	r     *realRedis
	proxy *faultproxy.Proxy

	mu                  sync.Mutex // guards what follows
	cut, paused, closed bool
}

func newRealRedis(t *testing.T, seed uint64) *realRedis {
	r := &realRedis{
		t: t, seed: rand.New(rand.NewPCG(seed, 1)), lines: map[*realLink]bool{},
		master: redistest.Start(t, "appendonly yes", "appendfsync no"),
	}
	r.replica = r.newReplica()
	return r
}

func (r *realRedis) newReplica() *redistest.Server {
	return r.master.Replica("appendonly yes", "appendfsync no")
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// open opens a client at an address; nil if that cannot be reached.
func (r *realRedis) open(address string) *redis.Client {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c, err := redis.Open(ctx, redis.Config{URL: "redis://" + address}, quiet())
	if err != nil {
		return nil
	}
	return c
}

func (r *realRedis) connect(c *process) link {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down || c.p.cut {
		return nil
	}
	proxy, err := faultproxy.New(r.master.Addr)
	if err != nil {
		r.t.Fatal(err)
	}
	l := &realLink{r: r, proxy: proxy}
	if l.Client = r.open(l.proxy.Addr()); l.Client == nil {
		l.proxy.Close()
		return nil
	}
	r.lines[l] = true
	return l
}

// set makes the proxy do what is asked of it.
func (l *realLink) set(change func()) {
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	l.apply()
}

// apply makes the proxy do what is asked of it. Both locks are held.
func (l *realLink) apply() {
	switch l.proxy.SetTargets(l.r.master.Addr); {
	case l.closed || l.cut || l.r.down:
		l.proxy.Cut()
	case l.paused:
		l.proxy.Heal()
		l.proxy.Withhold()
	default:
		l.proxy.Heal()
	}
}

func (l *realLink) SetCut(cut bool)       { l.set(func() { l.cut = cut }) }
func (l *realLink) SetPaused(paused bool) { l.set(func() { l.paused = paused }) }

func (l *realLink) close() {
	l.set(func() { l.closed = true })
	l.r.mu.Lock()
	delete(l.r.lines, l)
	l.r.mu.Unlock()
	l.proxy.Close()
	if err := l.Client.Close(); err != nil {
		l.r.t.Error(err)
	}
}

func (r *realRedis) archive(c *process) nodestore.Archive {
	return c.link.(*realLink).Rooms(c.p.address, persist.Retention{})
}

// change changes something for all lines.
func (r *realRedis) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	for l := range r.lines {
		l.mu.Lock()
		l.apply()
		l.mu.Unlock()
	}
}

func (r *realRedis) setUp(up bool) { r.change(func() { r.down = !up }) }

// replicate cuts the replica off now and then.
func (r *realRedis) replicate() {
	if !r.lags && r.seed.IntN(10) == 0 {
		r.replica.CutOff()
		r.lags = true
	}
}

// failover puts the replica in the place of the server.
func (r *realRedis) failover(int) bool {
	r.change(func() { r.down = true })
	old := r.master
	r.replica.Promote()
	r.replica.Do("CONFIG", "REWRITE") // so that a restart does not make it a replica again
	r.master = r.replica
	old.Kill()
	r.replica, r.lags = r.newReplica(), false
	r.change(func() { r.down = false })
	return true
}

func (r *realRedis) restart() {
	r.master.Stop()
	r.master.Restart()
}

func (r *realRedis) empty() { r.master.Flush() }

func (r *realRedis) drop() (ids, bool) {
	c := r.open(r.master.Addr)
	if c == nil {
		r.t.Fatal("Redis cannot be reached")
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	owners, err := c.Owners(ctx, []string{room.String()})
	if err != nil || owners[0].Node != "" {
		return nil, false
	}
	found, err := c.Load(ctx, room.String())
	if err != nil || found.Incarnation == 0 {
		return nil, false
	}
	rooms, now := c.Rooms("test", persist.Retention{}), time.Now()
	if err := rooms.Expire(ctx, room.String(), now); err != nil {
		r.t.Fatal(err)
	}
	n, err := rooms.DropExpired(ctx, now.Add(time.Second))
	return stored(found), err == nil && n > 0
}

// TestModelOnRedis plays the events of TestModel over a real Redis with a replica, in real time.
func TestModelOnRedis(t *testing.T) {
	first := number(t, "MODEL_SEED", 1)
	for seed := first; seed < first+number(t, "MODEL_REDIS_RUNS", 1); seed++ {
		for _, durable := range []bool{false, true} {
			w := newWorld(t, seed, newRealRedis(t, seed), 2*time.Second)
			w.durable, w.real, w.settle = durable, true, func() {}
			w.run(200)
			t.Logf("seed %d: %d updates, %d seen, %d dropped",
				seed, w.last-firstID, len(w.seen), len(w.saved))
			report(t, seed, durable, w.problem(), w.log.String())
		}
	}
}
