package cluster_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/clustertest"
)

// holder records what its Node calls.
type holder struct {
	mu      sync.Mutex
	lost    []string
	late    []string
	asked   []string
	changes [][]cluster.Change
	version uint64
	putBack func() error // called by PutBack; nil: nothing to put back
}

func (h *holder) add(list *[]string, room string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*list = append(*list, room)
}

func (h *holder) Lost(room string)      { h.add(&h.lost, room) }
func (h *holder) LateWaits(room string) { h.add(&h.late, room) }
func (h *holder) Asked(room string)     { h.add(&h.asked, room) }

func (h *holder) Version(string) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.version
}

func (h *holder) PutBack(_ context.Context, changes []cluster.Change) error {
	h.mu.Lock()
	h.changes = append(h.changes, changes)
	f := h.putBack
	h.mu.Unlock()
	if f != nil {
		return f()
	}
	return nil
}

// set sets what PutBack calls.
func (h *holder) set(f func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.putBack = f
}

// got returns a copy of one of the lists.
func (h *holder) got(list *[]string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(*list)
}

// node is a Node in a bubble, with its own connection to the Redis of the test.
type node struct {
	*cluster.Node
	holder *holder
	redis  *clustertest.Client
	stop   func() // as a drain does: the node withdraws
}

// world is a Redis, and the nodes that share it, in a bubble.
type world struct {
	t     *testing.T
	redis *clustertest.Redis
	began time.Time
}

// inBubble runs a test in a bubble.
func inBubble(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		test(t, &world{t, clustertest.NewRedis(), time.Now()})
	})
}

// start starts a node with an address, and waits until it has put back what it has: nothing.
func (w *world) start(address string, change ...func(*cluster.Config)) *node {
	w.t.Helper()
	n := w.begin(address, change...)
	synctest.Wait()
	if err := n.Ready(); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// begin starts a node.
func (w *world) begin(address string, change ...func(*cluster.Config)) *node {
	n := &node{holder: &holder{}, redis: w.redis.Client()}
	c := cluster.Config{
		Shared: n.redis, Address: address, Log: slog.New(slog.DiscardHandler), Renew: time.Second,
		Clock: func() time.Duration { return time.Since(w.began) + time.Hour },
	}
	for _, f := range change {
		f(&c)
	}
	n.Node = cluster.New(c)
	n.SetHolder(n.holder)
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() {
		n.Run(ctx)
		close(ended)
	}()
	n.stop = func() {
		cancel()
		<-ended
	}
	w.t.Cleanup(n.stop)
	return n
}

// kill ends a node so that it can say nothing more to Redis.
func (n *node) kill() {
	n.redis.SetCut(true)
	n.stop()
}

// take takes a room, which succeeds.
func (n *node) take(t *testing.T, room string) cluster.Grant {
	t.Helper()
	g, err := n.Take(t.Context(), room)
	if err != nil || g.Lease.Node != n.Name() || g.Lease.Room != room {
		t.Fatalf("%+v, %v", g, err)
	}
	return g
}

// mustBeAt fails unless another node has the room.
func (n *node) mustBeAt(t *testing.T, room string, other *node) {
	t.Helper()
	var elsewhere *cluster.ElsewhereError
	if _, err := n.Take(t.Context(), room); !errors.As(err, &elsewhere) || elsewhere.Lease.Node != other.Name() {
		t.Fatal(err)
	}
}

// takes begins to take a room, and returns the answer when there is one.
func (n *node) takes(t *testing.T, room string) <-chan error {
	answer := make(chan error, 1)
	go func() {
		_, err := n.Take(t.Context(), room)
		answer <- err
	}()
	return answer
}

// waits fails if there is an answer already.
func waits(t *testing.T, answer <-chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-answer:
		t.Fatal("it did not wait:", err)
	default:
	}
}

// done fails unless the answer is there now, and nil.
func done(t *testing.T, answer <-chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-answer:
		if err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatal("it still waits")
	}
}

// same fails unless two lists are the same.
func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
}
