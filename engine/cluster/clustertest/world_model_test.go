package clustertest_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/nodestore"
)

// link is what a process has of Redis.
type link interface {
	cluster.Shared
	OfferClaims(ctx context.Context, room string, hashes []string) error
	Late(ctx context.Context, room string) ([]cluster.Late, error)
	Dropped(ctx context.Context, rooms []string, incarnations []uint64) ([]bool, error)
	SetCut(cut bool)
	SetPaused(paused bool)
	close() // for ever
}

// shared is a Redis, and what can happen to it.
type shared interface {
	// connect returns nil if the Redis cannot be reached.
	connect(c *process) link
	archive(c *process) nodestore.Archive
	setUp(up bool)
	replicate()
	failover(lag int) bool
	restart() // nothing is lost
	empty()
	// drop drops the room if nobody has it, and returns what was in it.
	drop() (ids, bool)
}

// world is several machines, a Redis and clients.
type world struct {
	t       *testing.T
	seed    uint64
	r       *rand.Rand
	redis   shared
	durable bool   // updates are durable when Redis has them
	without string // a rule that is taken away
	ttl     time.Duration
	began   time.Time
	settle  func() // waits until nothing more can happen at this time; does nothing over a real Redis
	real    bool   // the Redis, and the time
	all     sync.WaitGroup
	log     output

	places  []*place // of the test's goroutine only
	clients []*client
	lossy   bool // Redis has lost something

	mu      sync.Mutex // guards what follows, and the fields of clients
	last    uint64     // the last id
	seen    ids
	saved   ids // in rooms that were dropped
	dropped ids // those that nobody may bring back
	bad     []string
}

// output collects lines.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func (w *world) note(what ...any) {
	fmt.Fprintln(&w.log, append([]any{"time=" + time.Now().Format(time.RFC3339Nano)}, what...)...)
}

// fails notes what is wrong. mu is held.
func (w *world) fails(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.bad = append(w.bad, text)
	w.note("WRONG:", text)
}

// at returns the process with an address, nil if none runs there.
func (w *world) at(address string) *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.places {
		if p.address == address && !p.parted {
			return p.running
		}
	}
	return nil
}

// problem returns the first thing that is wrong; empty: nothing.
func (w *world) problem() string { return strings.Join(w.bad[:min(3, len(w.bad))], "; ") }
