package nodestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

var _ interface {
	engine.Store
	engine.Leaser
	engine.Archive
	engine.VersionEditor
	engine.VersionSweeper
	engine.Replacer
	engine.Catalog
	engine.Lister
	engine.Decisions
	engine.Quarantiner
	engine.Health
	engine.VersionReader
} = (*Store)(nil)

var (
	_ cluster.Holder = holder{}
	_ Node           = (*cluster.Node)(nil)
	_ Shared         = (*redis.Client)(nil)
	_ Archive        = (*redis.Store)(nil)
	_ Local          = (*bolt.Store)(nil)
	_ Rooms          = (*engine.Engine)(nil)
)

const limit = 1 << 24

// world has a Redis, and nodes that share it. Nodes do nothing by themselves: a test lets them.
type world struct {
	*testing.T
	redis *redistest.Server
	nodes []*node

	// The generation of Redis as the nodes are told it, if a marker is set: "<marker>.<run>".
	marker, run int
}

// generation returns the generation of Redis.
func (w *world) generation(real string) string {
	if w.marker == 0 {
		return real
	}
	return fmt.Sprintf("%d.%d", w.marker, w.run)
}

func newWorld(t *testing.T, options ...string) *world {
	return &world{T: t, redis: redistest.Start(t, options...)}
}

// node is a node with a Store, a disk of its own, and rooms.
type node struct {
	w      *world
	name   string
	dir    string
	client *flakyClient
	local  *bolt.Store
	*Store

	mu     sync.Mutex
	leases map[string]cluster.Lease
	docs   map[string]*doc // loaded rooms
	gone   map[string]int  // rooms that were disowned
}

// doc is a loaded room.
type doc struct {
	state   *roomstate.State
	begun   bool
	seq     uint64
	refused int
}

// start starts a node with the disk in dir; a new one if that is empty.
func (w *world) start(dir string, change ...func(*Config)) *node {
	w.Helper()
	if dir == "" {
		dir = w.TempDir()
	}
	n := &node{w: w, name: fmt.Sprint("node", len(w.nodes)), dir: dir,
		leases: map[string]cluster.Lease{}, docs: map[string]*doc{}, gone: map[string]int{}}
	client, err := redis.Open(w.Context(), redis.Config{URL: w.redis.URL()}, slog.New(slog.DiscardHandler))
	if err != nil {
		w.Fatal(err)
	}
	n.client = &flakyClient{Client: client}
	w.nodes = append(w.nodes, n)
	if n.local, err = bolt.Open(dir, bolt.Config{}); err != nil {
		w.Fatal(err)
	}
	c := Config{
		Node: n, Shared: n.client, Archive: client.Rooms(n.name, persist.Retention{}),
		Local: n.local, Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(),
		MaxDocument: limit, Compression: snapshot.Zstd,
	}
	for _, f := range change {
		f(&c)
	}
	n.Store = New(c)
	if err := n.Start(w.Context()); err != nil {
		w.Fatal(err)
	}
	n.Attach(n)
	w.Cleanup(func() {
		_ = n.local.Close()
		_ = client.Close()
	})
	return n
}

// kill ends a node as a crash does: what it has in memory is lost.
func (n *node) kill() (dir string) {
	n.w.Helper()
	if err := n.local.Close(); err != nil {
		n.w.Fatal(err)
	}
	_ = n.client.Close()
	return n.dir
}

// The methods of Node, with leases that Redis decides about alone.

func (n *node) Take(ctx context.Context, room string) (cluster.Grant, error) {
	if n.client.isAway() {
		return cluster.Grant{}, errAway
	}
	g, err := n.client.Acquire(ctx, room, n.name, time.Hour, "")
	g.Generation = n.w.generation(g.Generation)
	if err == nil && g.Lease.Node != n.name {
		err = &cluster.ElsewhereError{Lease: g.Lease}
	}
	if err == nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.leases[room] = g.Lease
	}
	return g, err
}

func (n *node) Lease(room string) (cluster.Lease, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	lease, ok := n.leases[room]
	return lease, ok
}

func (n *node) release(rooms ...string) (leases []cluster.Lease) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, room := range rooms {
		if lease, ok := n.leases[room]; ok {
			leases = append(leases, lease)
			delete(n.leases, room)
		}
	}
	return leases
}

func (n *node) Release(ctx context.Context, rooms ...string) error {
	if leases := n.release(rooms...); len(leases) > 0 {
		return n.client.Release(ctx, leases)
	}
	return nil
}

func (n *node) Refused(lease cluster.Lease) {
	if len(n.release(lease.Room)) > 0 {
		n.Holder().Lost(lease.Room)
	}
}

// The methods of Rooms.

func (n *node) Disown(_ context.Context, room string) error {
	delete(n.docs, room)
	n.gone[room]++
	return nil
}

func (n *node) GiveUp(_ context.Context, room string) error { return engine.ErrOccupied }

func (n *node) MergeStored(ctx context.Context, room string, rows [][]byte) error {
	d := n.docs[room]
	if d == nil {
		return nil
	}
	for _, row := range rows {
		if err := d.state.Add(row, limit); err != nil {
			return err
		}
		n.append(room, row)
	}
	return nil
}

func (n *node) RoomVersion(room string) uint64 {
	if d := n.docs[room]; d != nil {
		return d.state.Version
	}
	return 0
}

// What an engine does.

// open loads a room.
func (n *node) open(room string) *doc {
	n.w.Helper()
	d, err := n.tryOpen(room)
	if err != nil {
		n.w.Fatalf("%s: Load: %v", n.name, err)
	}
	return d
}

func (n *node) tryOpen(room string) (*doc, error) {
	if err := n.Store.Lease(n.w.Context(), room); err != nil {
		return nil, err
	}
	blob, rows, err := n.Load(n.w.Context(), room)
	if err != nil {
		return nil, err
	}
	state, err := roomstate.Read(blob, rows, limit)
	if err != nil {
		return nil, err
	}
	if state.Incomplete() {
		n.w.Errorf("%s: room %s is incomplete", n.name, room)
	}
	d := &doc{state: state, begun: !state.Empty()}
	if !d.begun {
		state.Incarnation = snapshot.NewIncarnation(time.Now().UnixMilli())
	}
	n.docs[room] = d
	return d, nil
}

// typed is one letter by a client at a clock.
type typed struct{ client, clock byte }

func (x typed) update() []byte {
	if x.clock == 0 {
		return []byte{1, 1, x.client, 0, 4, 1, 4, 't', 'e', 'x', 't', 1, 'x', 0}
	}
	return []byte{1, 1, x.client, x.clock, 0x84, x.client, x.clock - 1, 1, 'x', 0}
}

// write writes letters, a row each.
func (n *node) write(room string, letters ...typed) {
	n.w.Helper()
	for _, x := range letters {
		n.writeUpdate(room, x.update())
	}
}

func (n *node) writeUpdate(room string, update []byte) {
	n.w.Helper()
	if err := n.tryWrite(room, update); err != nil {
		n.w.Fatalf("%s: Append: %v", n.name, err)
	}
}

func (n *node) tryWrite(room string, update []byte) error {
	d := n.docs[room]
	var f snapshot.Fields
	if !d.begun {
		d.begun = true
		f.Incarnation = cmp.Or(d.state.Incarnation, snapshot.NewIncarnation(time.Now().UnixMilli()))
	}
	row := append(stored.AppendRowHeader(nil, d.state.Version+1, f), yjs.Trust(update).Bytes()...)
	if err := d.state.Add(row, limit); err != nil {
		n.w.Fatal(err)
	}
	return n.append(room, row)
}

func (n *node) append(room string, data []byte) error {
	rows := []Row{{Room: room, Data: data}}
	if err := n.Append(n.w.Context(), rows); err != nil {
		return err
	}
	if rows[0].Err == nil && n.docs[room] != nil {
		n.docs[room].seq = rows[0].Seq
	}
	return rows[0].Err
}

// snapshot saves a snapshot of a loaded room.
func (n *node) snapshot(room string) {
	n.w.Helper()
	d := n.docs[room]
	blob, err := d.state.Snapshot(snapshot.Zstd)
	if err == nil {
		err = n.SaveSnapshot(n.w.Context(), room, blob, d.seq)
	}
	if err != nil {
		n.w.Fatal(err)
	}
}

// close unloads a room.
func (n *node) close(room string) {
	n.w.Helper()
	delete(n.docs, room)
	if err := n.Store.Release(n.w.Context(), room); err != nil {
		n.w.Fatalf("%s: Release: %v", n.name, err)
	}
}

// run does what is to be done, until nothing is.
func (n *node) run() {
	n.w.Helper()
	for range 100 {
		some, _ := n.send(n.w.Context())
		r, work, _ := n.nextJob(time.Now().Add(time.Hour))
		if r == nil && !some {
			if err := n.writeMarks(n.w.Context()); err != nil {
				n.w.Fatal(err)
			}
			return
		}
		if r != nil {
			n.do(n.w.Context(), r, work)
		}
	}
	n.w.Fatalf("%s: the work does not end", n.name)
}

// putBack calls PutBack for a Redis of another generation.
func (n *node) newGeneration() error {
	sight, err := n.client.Announce(n.w.Context(), n.name, nil, time.Hour)
	if err != nil {
		return err
	}
	return n.Holder().PutBack(n.w.Context(), []cluster.Change{
		{Now: n.w.generation(sight.Generations[0])},
	})
}

func (n *node) settle() {
	n.w.Helper()
	if err := n.newGeneration(); err != nil {
		n.w.Fatal(err)
	}
}

// inRedis returns what Redis has of a room.
func (w *world) inRedis(n *node, room string) *roomstate.State {
	w.Helper()
	c, err := n.shared(w.Context(), room)
	if err != nil {
		w.Fatal(err)
	}
	return w.read(c)
}

func (w *world) read(c *copied) *roomstate.State {
	w.Helper()
	state, err := c.read(limit)
	if err != nil {
		w.Fatal(err)
	}
	return state
}

// onDisk returns what the disk of a node has of a room.
func (n *node) onDisk(room string) *roomstate.State {
	n.w.Helper()
	c, err := n.Store.local(n.w.Context(), room)
	if err != nil {
		n.w.Fatal(err)
	}
	return n.w.read(c)
}

// mustHave checks that a state has these letters and no others.
func (w *world) mustHave(what string, state *roomstate.State, letters ...typed) {
	w.Helper()
	want := new(roomstate.State)
	for _, x := range letters {
		if err := want.Add(stored.AppendRow(nil, 1, yjs.Trust(x.update())), limit); err != nil {
			w.Fatal(err)
		}
	}
	w.mustEqual(what, state, want)
}

func (w *world) mustEqual(what string, got, want *roomstate.State) {
	w.Helper()
	lacks, err := want.Lacking(got)
	if err != nil || lacks != nil {
		w.Errorf("%s lacks %x, %v", what, lacks, err)
	}
	if more, err := got.Lacking(want); err != nil || more != nil {
		w.Errorf("%s has %x, which it should not have, %v", what, more, err)
	}
}

// versions returns how many versions Redis has of a room.
func (n *node) versions(room string) int {
	n.w.Helper()
	all, err := n.c.Archive.Versions(n.w.Context(), room)
	if err != nil {
		n.w.Fatal(err)
	}
	return len(all)
}

var errAway = errors.New("Redis is away")

// flakyClient is a Client whose calls about rooms fail while it is away.
type flakyClient struct {
	*redis.Client
	mu      sync.Mutex
	away    bool
	fails   func(row *cluster.FencedRow) error
	loading func() // is called by Load
}

func (f *flakyClient) setAway(away bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = away
}

func (f *flakyClient) isAway() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.away
}

func (f *flakyClient) Append(ctx context.Context, rows []cluster.FencedRow) error {
	if f.isAway() {
		return errAway
	}
	if f.fails == nil {
		return f.Client.Append(ctx, rows)
	}
	for i := range rows {
		if rows[i].Err = f.fails(&rows[i]); rows[i].Err != nil {
			continue
		}
		one := rows[i : i+1]
		if err := f.Client.Append(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func (f *flakyClient) SaveSnapshot(
	ctx context.Context, lease cluster.Lease, s cluster.FencedSnapshot,
) error {
	if f.isAway() {
		return errAway
	}
	return f.Client.SaveSnapshot(ctx, lease, s)
}

func (f *flakyClient) OfferLate(ctx context.Context, late []cluster.Late) error {
	if f.isAway() {
		return errAway
	}
	return f.Client.OfferLate(ctx, late)
}

func (f *flakyClient) Load(ctx context.Context, room string) (cluster.RoomState, error) {
	if f.isAway() {
		return cluster.RoomState{}, errAway
	}
	if f.loading != nil {
		f.loading()
	}
	return f.Client.Load(ctx, room)
}

// now is a time after all expiries.
func (w *world) now() time.Time { return time.Now().Add(time.Hour) }

// rowOf returns a journal row with a letter.
func rowOf(x typed) []byte { return stored.AppendRow(nil, 1, yjs.Trust(x.update())) }

// takeLease makes the lease of a room that another node has, which is dead, end.
func (w *world) takeLease(room string, to *node) {
	w.Helper()
	owners, err := to.client.Owners(w.Context(), []string{room})
	if err == nil && owners[0].Node != "" {
		err = to.client.Client.Release(w.Context(), owners)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// drop drops a room in Redis, as it has expired.
func (w *world) drop(by *node, room string) {
	w.Helper()
	if err := by.Expire(w.Context(), room, time.Now()); err != nil {
		w.Fatal(err)
	}
	if n, err := by.c.Archive.DropExpired(w.Context(), w.now()); err != nil || n != 1 {
		w.Fatalf("%d rooms were dropped, %v", n, err)
	}
}

// w0 is a time after all pauses.
var w0 = time.Now().Add(24 * time.Hour)

// leaseOfAll is a Node that has all leases.
type leaseOfAll struct{ Node }

func (leaseOfAll) Lease(room string) (cluster.Lease, bool) {
	return cluster.Lease{Room: room, Node: "n", Fence: 1}, true
}

// openDisk opens the disk of a node that was killed.
func (w *world) openDisk(dir string) *bolt.Store {
	w.Helper()
	s, err := bolt.Open(dir, bolt.Config{})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = s.Close() })
	return s
}
