package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// sharedStore is what two nodes share: the stored rooms, the leases, the claims, and the rows that
// a node had to leave to the owner of a room.
type sharedStore struct {
	*memArchive
	leasing, releasing gate

	mu       sync.Mutex
	owners   map[string]string // by room
	floors   map[string]uint64
	left     map[string][][]byte
	releases map[string]int // calls of Release, by node and room
	claims   []memClaim
	failure  error         // of leases and claims
	within   time.Duration // the deadline of a claim; 0: a minute
}

type memClaim struct {
	hash    string
	version uint64
}

// elsewhere is the error for a room that another node has.
type elsewhere struct{ owner string }

func (e elsewhere) Error() string { return "room is of node " + e.owner }

func (elsewhere) NotOwner() bool { return true }

func newSharedStore() *sharedStore {
	return &sharedStore{
		memArchive: &memArchive{memStore: newMemStore(), expiries: make(map[string]time.Time)},
		owners:     make(map[string]string), floors: make(map[string]uint64),
		left: make(map[string][][]byte), releases: make(map[string]int),
	}
}

// set changes the store.
func (s *sharedStore) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *sharedStore) ownerOf(room string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.owners[room]
}

func (s *sharedStore) releasesBy(node, room string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.releases[node+" "+room]
}

// takeLeft returns the rows that a node left to the owner of a room.
func (s *sharedStore) takeLeft(room string) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := s.left[room]
	delete(s.left, room)
	return rows
}

// sharedNode is the Store of one node, and its Claims.
type sharedNode struct {
	*sharedStore
	name string
}

var (
	_ Leaser = sharedNode{}
	_ Claims = sharedNode{}
	_ Reader = sharedNode{}
)

func (n sharedNode) Lease(ctx context.Context, room string) error {
	if err := n.leasing.pass(ctx); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	owner := n.owners[room]
	switch {
	case n.failure != nil:
		return n.failure
	case owner != "" && owner != n.name:
		return elsewhere{owner}
	}
	n.owners[room] = n.name
	return nil
}

func (n sharedNode) Release(ctx context.Context, room string) error {
	if err := n.releasing.pass(ctx); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.releases[n.name+" "+room]++
	if n.owners[room] == n.name {
		delete(n.owners, room)
	}
	return n.failure
}

func (n sharedNode) VersionFloor(room string) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.floors[room]
}

func (n sharedNode) Load(ctx context.Context, room string) ([]byte, [][]byte, error) {
	if n.ownerOf(room) != n.name {
		return nil, nil, errors.New("load without a lease")
	}
	return n.memArchive.Load(ctx, room)
}

func (n sharedNode) Read(ctx context.Context, room string) ([]byte, [][]byte, error) {
	return n.memArchive.Load(ctx, room)
}

// Append refuses the rows of rooms that another node has, and keeps them for that.
func (n sharedNode) Append(ctx context.Context, rows []Row) error {
	var owned []Row
	var places []int
	for i, r := range rows {
		if n.ownerOf(r.Room) == n.name {
			owned, places = append(owned, r), append(places, i)
		}
	}
	err := n.memArchive.Append(ctx, owned)
	if err != nil {
		return err
	}
	for i := range rows {
		if at := slices.Index(places, i); at >= 0 {
			rows[i] = owned[at]
			continue
		}
		n.mu.Lock()
		rows[i].Err = elsewhere{n.owners[rows[i].Room]}
		n.left[rows[i].Room] = append(n.left[rows[i].Room], bytes.Clone(rows[i].Data))
		n.mu.Unlock()
	}
	return nil
}

func (n sharedNode) Claim(_ context.Context, room, hash string, version uint64) (time.Time, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.owns(room); err != nil {
		return time.Time{}, err
	}
	n.claims = append(n.claims, memClaim{hash, version})
	within := n.within
	if within == 0 {
		within = time.Minute
	}
	return time.Now().Add(within), nil
}

func (n sharedNode) Claimed(context.Context, string) (hashes []string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range slices.Backward(n.claims) {
		hashes = append(hashes, c.hash)
	}
	return hashes, n.failure
}

func (n sharedNode) Confirm(_ context.Context, room string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.owns(room)
}

// owns is called with mu held.
func (n sharedNode) owns(room string) error {
	if n.failure == nil && n.owners[room] != n.name {
		return elsewhere{n.owners[room]}
	}
	return n.failure
}

// nodes are two engines over one store.
type nodes struct {
	a, b    *recordWorld
	shared  *sharedStore
	records *memRecords
}

// onNodes runs f in a bubble with two nodes, and drains both afterwards. With withRecords they have
// records, of which "r" has been published with the text "text".
func onNodes(t *testing.T, cfg Config, withRecords bool, f func(n *nodes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := &nodes{shared: newSharedStore()}
		n.records = &memRecords{records: map[string]memRecord{"r": {published: "text"}}, snapshots: make(map[string][]byte)}
		if withRecords {
			cfg.Records = n.records
			cfg.Drafts.MinInterval = 1
		}
		n.a, n.b = n.start(t, cfg, "a"), n.start(t, cfg, "b")
		f(n)
		n.a.drain()
		n.b.drain()
	})
}

// start starts a node.
func (n *nodes) start(t *testing.T, cfg Config, name string) *recordWorld {
	node, out := sharedNode{n.shared, name}, new(logBuffer)
	cfg.Compression = snapshot.Raw
	if cfg.Records != nil {
		cfg.Claims = node
	}
	e := New(cfg, node, slog.New(slog.NewTextHandler(out, nil)))
	return &recordWorld{&world{e, t, n.shared.memStore, out}, n.records, n.shared.memArchive, cfg}
}

// take gives a node the lease of a room, whoever has it.
func (n *nodes) take(room, node string) { n.shared.set(func() { n.shared.owners[room] = node }) }
