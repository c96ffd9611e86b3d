package engine

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec"
)

// Engine is all rooms of a server. Its methods are safe for concurrent use.
type Engine struct {
	cfg     Config
	store   Store
	log     *slog.Logger
	metrics *counters

	invalid, mismatches sampler // of lines about malformed messages, and about versions that do not match

	table     *table
	sched     *schedule
	flusher   *flusher
	writers   writers
	saver     *saver
	clerks    *clerks
	compactor *compactor

	renderings *renderings
	slow       slowLog
	rebases    chan struct{} // holds a token while a rebase is worked out, with no room's lock held
	lastPeer   atomic.Uint64
	occupied   atomic.Int64 // rooms with peers
	began      time.Time    // or rather a beat before; beats are counted from it
	allRead    atomic.Int64 // clock of the last beat of which all is read
	locks      sync.Map     // names of locked rooms, loaded or not

	loads      context.Context // done when draining begins
	stopLoads  context.CancelFunc
	draining   atomic.Bool
	stop       chan struct{}  // closed to end the flusher and the saver
	background sync.WaitGroup // these two
	running    group          // loads, writers and clerks
}

// New returns an engine over store. Drain ends its goroutines.
func New(cfg Config, store Store, log *slog.Logger) *Engine {
	e := &Engine{
		cfg: cfg.withDefaults(), store: store, log: log, metrics: newCounters(),
		table: newTable(), sched: newSchedule(), stop: make(chan struct{}),
	}
	e.began = time.Now().Add(-e.Beat())
	e.loads, e.stopLoads = context.WithCancel(context.Background())
	e.writers.running = &e.running
	e.flusher = newFlusher(e)
	e.saver = &saver{e: e, wake: make(chan struct{}, 1), expirer: newExpirer(e),
		larder: newLarder(e.cfg.SnapshotKeptBytes, 2*e.cfg.SnapshotInterval, e.metrics.kept)}
	e.renderings = newRenderings(e.cfg.DraftKeptBytes, e.metrics.rendered)
	e.clerks = newClerks(e)
	e.compactor = &compactor{e: e}
	e.rebases = make(chan struct{}, 1)
	e.metrics.watch(e.clerks, e.compactor)
	e.background.Go(func() { e.flusher.run(e.stop) })
	e.background.Go(func() { e.saver.run(e.stop) })
	return e
}

// Join opens a room, with one load from the store however many join at once,
// adds a peer and greets it. It blocks while the room loads, and while one that
// is new is given its record's text; ctx bounds that wait, not the load. Who has waited until the room is ready is let in, even if
// ctx's deadline has passed meanwhile. Its error is ctx's or a *CloseError. The caller hands what
// it reads from the connection to Deliver and calls Leave when that has closed.
func (e *Engine) Join(ctx context.Context, room string, c Conn, p codec.Protocol, who Identity) (*Peer, error) {
	for {
		peer, err := e.tryJoin(ctx, room, c, p, who)
		if peer != nil || err != nil {
			return peer, err
		}
	}
}

// tryJoin returns no peer and no error when the room went while it was waited for,
// as one does that crashes.
func (e *Engine) tryJoin(ctx context.Context, room string, c Conn, p codec.Protocol, who Identity) (*Peer, error) {
	r, err := e.open(ctx, room)
	if err != nil {
		return nil, err
	}
	if err = r.originate(ctx, &who); err == nil && context.Cause(ctx) == context.Canceled {
		err = ctx.Err() // nobody is there to join any more
	}
	if err == nil {
		err = r.showPublished(ctx, &who)
	}
	var peer *Peer
	if err == nil {
		peer, err = r.join(c, p, who)
	}
	if peer == nil {
		r.release()
	}
	return peer, err
}

// open returns a room that is loaded, and kept until the caller joins or releases it.
func (e *Engine) open(ctx context.Context, name string) (*room, error) {
	r := e.table.open(name, func() *room {
		r := newRoom(e, name)
		e.metrics.rooms.Inc()
		e.running.Go(r.load)
		return r
	})
	if r == nil {
		return nil, ErrDraining
	}
	if err := e.awaitLoad(ctx, r); err != nil {
		r.release()
		return nil, err
	}
	return r, nil
}

func (e *Engine) awaitLoad(ctx context.Context, r *room) error {
	select {
	case <-r.loaded:
	case <-ctx.Done():
		return ctx.Err()
	}
	if e.draining.Load() {
		return ErrDraining
	}
	return r.loadErr
}

// Preparing says whether a room that is not ready yet waits for nothing but the engine's own work on what it has at
// hand. That takes as long as the machine is busy, and always ends.
func (e *Engine) Preparing(room string) bool {
	r := e.table.find(room)
	return r != nil && r.preparing.Load() > 0
}

// release is called by who has waited for the room and has not joined. When it was the
// last, the room is looked at, as it may be unloaded now. One that is being loaded belongs to
// load, which has it looked at afterwards.
func (r *room) release() {
	if r.waiters.Add(-1) == 0 && r.filled.Load() {
		r.e.sched.at(r, time.Now())
	}
}

// Ready returns nil while the engine takes joins and can make updates durable, else why not.
func (e *Engine) Ready() error {
	if e.draining.Load() {
		return ErrDraining
	}
	if failure := e.flusher.failure.Load(); failure != nil {
		return *failure
	}
	if e.flusher.behind.Load() {
		return errJournalStands
	}
	if h, ok := e.store.(Health); ok {
		return h.Healthy()
	}
	return nil
}

// Drain shuts the engine down: no room takes joins or updates any more, what
// was accepted is made durable and sent, every connection is closed with
// CloseUnavailable, what people wrote is saved to the records, every room that
// changed is snapshotted, and the engine's goroutines end. When ctx is done first, Drain gives up; its error says what
// is not durable or has not ended. Only the first call does this; others return at once.
func (e *Engine) Drain(ctx context.Context) error {
	if e.draining.Swap(true) {
		return nil
	}
	rooms := e.table.seal()
	e.stopLoads()
	e.clerks.stop()
	close(e.stop)
	rooms = loadedOnly(rooms)
	err := wait(ctx, &e.background)
	if err == nil {
		err = e.flusher.last(ctx, rooms, heldPatience)
	}
	for _, r := range rooms {
		r.soon(r.closePeers)
	}
	free, held := byLock(rooms)
	if err == nil || errors.Is(err, errHeldRooms) {
		err = e.saveLast(ctx, free)
	}
	for err == nil && len(held) > 0 { // some for a moment only: they do not wait for the others
		err = e.flusher.last(ctx, held, heldPatience)
		if free, held = byLock(held); err == nil || errors.Is(err, errHeldRooms) && ctx.Err() == nil {
			err = e.saveLast(ctx, free)
		}
	}
	return errors.Join(err, wait(ctx, &e.running))
}

// byLock sorts rooms by whether their own goroutines wait for their locks.
func byLock(rooms []*room) (free, held []*room) {
	for _, r := range rooms {
		if r.later.waits.Load() {
			held = append(held, r)
		} else {
			free = append(free, r)
		}
	}
	return free, held
}

// saveLast saves the drafts and the snapshots of rooms, and flushes those before that were held until now.
func (e *Engine) saveLast(ctx context.Context, rooms []*room) error {
	if len(rooms) == 0 {
		return nil
	}
	if err := e.flusher.last(ctx, rooms, math.MaxInt64); err != nil {
		return err
	}
	if err := e.lastDrafts(ctx, rooms); err != nil {
		return err
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if end, ok := ctx.Deadline(); ok { // the journal has what is not saved by then, and that is no failure
		limited, cancel = context.WithTimeout(ctx, time.Until(end)*7/8)
	}
	defer cancel()
	return e.saver.saveAll(limited, rooms)
}

// lastDrafts saves drafts for half of the time that is left, and makes durable what they are now based on.
func (e *Engine) lastDrafts(ctx context.Context, rooms []*room) error {
	if e.cfg.Records == nil {
		return nil
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if end, ok := ctx.Deadline(); ok {
		limited, cancel = context.WithTimeout(ctx, time.Until(end)/2)
	}
	defer cancel()
	e.clerks.last(limited, rooms)
	return e.flusher.last(ctx, rooms, math.MaxInt64)
}

func loadedOnly(rooms []*room) (loaded []*room) {
	for _, r := range rooms {
		select {
		case <-r.loaded:
			loaded = append(loaded, r)
		default:
		}
	}
	return loaded
}

// closePeers is called with mu held.
func (r *room) closePeers() {
	for _, p := range r.peers {
		p.close(restarting)
	}
}

// wait waits for wg until ctx is done.
func wait(ctx context.Context, wg interface{ Wait() }) error {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
