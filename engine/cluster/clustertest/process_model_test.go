package clustertest_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/nodestore"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

var room = roomkey.MustParse("record:model")

// place is a machine: a data directory, on which one process runs after the other.
type place struct {
	w         *world
	address   string
	dir       string
	destroyed bool // the disk, for ever
	cut       bool // from Redis

	running *process // world.mu guards it; nil: none
	ending  bool     // a drained process still has the disk; world.mu guards it
	parted  bool     // other machines cannot reach it; world.mu guards it
}

// process returns the process that runs; nil: none does.
func (p *place) process() *process {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.running
}

func (p *place) set(running *process, ending bool) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.running, p.ending = running, ending
}

// mayStart reports whether a process can be started.
func (p *place) mayStart() bool {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.running == nil && !p.ending && !p.destroyed
}

// process is a server without its network: a real Node, nodestore, disk and engine.
type process struct {
	p      *place
	link   link
	node   *cluster.Node
	store  *nodestore.Store
	local  *disk
	engine *engine.Engine
	end    context.CancelFunc // of everything that runs
	ended  chan struct{}

	mu     sync.Mutex // a leaf
	killed bool
	paused chan struct{} // closed when it goes on; nil: it runs
	loses  bool          // the next answer of Redis
}

// start starts a process on a machine, if Redis can be reached from there.
func (p *place) start() {
	c := &process{p: p, ended: make(chan struct{})}
	if c.link = p.w.redis.connect(c); c.link == nil {
		return
	}
	c.link.SetCut(p.cut)
	log := slog.New(slog.NewTextHandler(&p.w.log, nil)).With("node", p.address)
	local, err := bolt.Open(p.dir, bolt.Config{Async: true, Log: log})
	if err != nil {
		p.w.t.Fatal(err)
	}
	c.local = &disk{Store: local, forgets: p.w.without == "outbox"}
	c.node = cluster.New(cluster.Config{
		Shared: c.link, Address: p.address, Log: log,
		TTL: p.w.ttl, Clock: func() time.Duration { return time.Since(p.w.began) + time.Hour },
	})
	c.store = nodestore.New(nodestore.Config{
		Node: c.node, Shared: p.w.faulty(c.link), Archive: p.w.redis.archive(c), Local: c.local,
		Redis: p.w.durable, Compression: snapshot.Raw, Log: log, Delay: p.w.ttl / 50,
	})
	if err := c.store.Start(context.Background()); err != nil {
		p.w.t.Fatal(err)
	}
	c.node.SetHolder(p.w.faultyHolder(c.store.Holder()))
	c.engine = engine.New(engine.Config{
		Compression: snapshot.Raw, StoreTimeout: 5 * time.Second,
		SnapshotUpdates: 8, SnapshotMinInterval: time.Second, Window: p.w.ttl / 100,
	}, c.store, log)
	c.store.Attach(c.engine)
	ctx, cancel := context.WithCancel(context.Background())
	c.end = cancel
	p.w.all.Go(func() {
		var runs sync.WaitGroup
		runs.Go(func() { c.store.Run(ctx) })
		runs.Go(func() { c.node.Run(ctx) })
		runs.Wait()
		close(c.ended)
	})
	p.set(c, false)
}

// kill ends the process without any warning. What is on the disk at this moment stays.
func (c *process) kill() {
	p := c.p
	if p.w.settle(); !p.w.real { // nothing is written at this moment
		dir := p.w.t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(p.dir)); err != nil {
			p.w.t.Fatal(err)
		}
		p.dir = dir
	}
	c.local.ended.Store(true)
	p.set(nil, p.w.real)
	c.mu.Lock()
	c.killed = true
	c.mu.Unlock()
	c.link.SetCut(true)
	c.resume()
	for _, cl := range p.w.clients {
		p.w.mu.Lock()
		lost := cl.conn != nil && cl.conn.at == c
		p.w.mu.Unlock()
		if lost {
			cl.leaves()
		}
	}
	p.w.all.Go(func() {
		c.close(time.Second)
		if p.w.real {
			p.set(nil, false)
		}
	})
}

// drain ends the process as a shutdown does.
func (c *process) drain() {
	c.p.set(nil, true)
	c.resume()
	c.p.w.all.Go(func() {
		defer c.p.set(nil, false)
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = c.engine.HandOverRooms(ctx)
		c.close(5 * time.Second)
	})
}

// close ends everything that runs.
func (c *process) close(timeout time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	err := c.engine.Drain(ctx)
	if !c.dead() {
		err = errors.Join(err, c.store.Flush(ctx))
	}
	c.end()
	<-c.ended
	c.link.close()
	if err := errors.Join(err, c.local.Close()); err != nil {
		c.p.w.note(c.p.address, "ends with", err)
	}
}

func (c *process) dead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.killed
}

// pause stops the process, as far as others can see.
func (c *process) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused == nil && !c.killed {
		c.paused = make(chan struct{})
		c.link.SetPaused(true)
	}
}

func (c *process) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused != nil {
		close(c.paused)
		c.paused = nil
		c.link.SetPaused(false)
	}
}

// lose makes the next answer of Redis be lost.
func (c *process) lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loses = true
}

func (c *process) losesAnswer() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	loses := c.loses
	c.loses = false
	return loses
}

// awaitResumed waits while the process is paused.
func (c *process) awaitResumed() {
	c.mu.Lock()
	paused := c.paused
	c.mu.Unlock()
	if paused != nil {
		<-paused
	}
}

// route returns the process that has the room, for a connection that has come to this one.
func (c *process) route(ctx context.Context) (*process, error) {
	address, err := c.node.Owner(ctx, room.String())
	if err != nil || address == "" {
		return c, err
	}
	at := c.p.w.at(address)
	if at == nil {
		c.node.Unreachable(room.String(), address)
		return nil, errors.New("nobody is there")
	}
	at.awaitResumed()
	if next, err := at.node.Owner(ctx, room.String()); err != nil || next != "" {
		return nil, errors.New("it has not the room")
	}
	return at, nil
}

// disk is the disk of a process. What the process writes after its end is lost.
type disk struct {
	*bolt.Store
	ended   atomic.Bool
	forgets bool // what is unsent
}

var errEnded = errors.New("the process has ended")

// Unsent implements nodestore.Local.
func (d *disk) Unsent(ctx context.Context) ([]string, error) {
	if d.forgets {
		return nil, nil
	}
	return d.Store.Unsent(ctx)
}

// Append implements nodestore.Local.
func (d *disk) Append(ctx context.Context, rows []nodestore.Row) error {
	if d.ended.Load() {
		return errEnded
	}
	return d.Store.Append(ctx, rows)
}

// SaveSnapshot implements nodestore.Local.
func (d *disk) SaveSnapshot(ctx context.Context, room string, blob []byte, through uint64) error {
	if d.ended.Load() {
		return errEnded
	}
	return d.Store.SaveSnapshot(ctx, room, blob, through)
}

// SetMarks implements nodestore.Local.
func (d *disk) SetMarks(ctx context.Context, marks []nodestore.Mark) error {
	if d.ended.Load() {
		return errEnded
	}
	return d.Store.SetMarks(ctx, marks)
}

// Drop implements nodestore.Local.
func (d *disk) Drop(ctx context.Context, rooms ...string) error {
	if d.ended.Load() {
		return errEnded
	}
	return d.Store.Drop(ctx, rooms...)
}
