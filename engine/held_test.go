package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// These tests hold the locks of rooms, more of them than there are workers of any kind,
// give whoever serves all rooms something to do in those, and then see to it that
// everything in another room goes on. They are no tests of speed: what they wait for
// either happens while the locks are held, or never.

const heldRooms = 3 * maxWorkers

// heldWorld is an engine on the real clock, as a bubble's stands still while a lock is waited for.
type heldWorld struct {
	*Engine
	t       *testing.T
	store   *memStore
	records *memRecords
	held    []*Peer // one in each of the rooms that will be held
	free    [2]*client
	at      uint64 // clock of what was typed last in the free room
}

func newHeldWorld(t *testing.T) *heldWorld {
	w := &heldWorld{t: t, records: &memRecords{records: map[string]memRecord{}, snapshots: map[string][]byte{}}}
	archive := &memArchive{memStore: newMemStore(), expiries: make(map[string]time.Time)}
	w.store = archive.memStore
	w.Engine = New(Config{
		Window: time.Millisecond, Records: w.records, RecordPoll: -1, DraftQuiet: time.Millisecond, DraftInterval: time.Millisecond, DraftMinInterval: time.Millisecond,
		SnapshotUpdates: 1, SnapshotMinInterval: time.Millisecond, Compression: snapshot.Raw,
	}, archive, slog.New(slog.DiscardHandler))
	for i := range heldRooms {
		w.held = append(w.held, w.enter(fmt.Sprintf("held-%d", i)).Peer)
	}
	for i := range w.free {
		w.free[i] = w.enter("free")
	}
	w.typing()
	w.snapshots()
	w.drafts()
	return w
}

func (w *heldWorld) enter(room string) *client {
	w.t.Helper()
	w.records.mu.Lock()
	if _, ok := w.records.records[room]; !ok {
		w.records.records[room] = memRecord{published: "text"}
	}
	w.records.mu.Unlock()
	conn := new(memConn)
	p, err := w.Join(context.Background(), room, conn, codec.YWebsocket{}, Identity{ID: "ann", Credential: "ann"})
	if err != nil {
		w.t.Fatalf("join: %v", err)
	}
	return &client{p, conn, &world{Engine: w.Engine, t: w.t, store: w.store}}
}

// hold takes the locks of all rooms that are to be held.
func (w *heldWorld) hold() (release func()) {
	for _, p := range w.held {
		p.room.mu.Lock()
	}
	return func() {
		for _, p := range w.held {
			p.room.mu.Unlock()
		}
	}
}

// until waits for what happens, or never does.
func (w *heldWorld) until(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: it does not happen", what)
		}
	}
}

// returns requires that f does.
func (w *heldWorld) returns(what string, f func()) {
	w.t.Helper()
	done := make(chan struct{})
	go func() {
		f()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		w.t.Fatalf("%s: it does not return", what)
	}
}

// typing requires that what one types in the free room comes to the other.
func (w *heldWorld) typing() {
	w.t.Helper()
	author, reader := w.free[0], w.free[1]
	w.returns("delivering", func() { author.types(w.at, "x") })
	w.at++
	w.until("typing", func() bool { return reader.conn.knows(author.id, w.at) })
}

func (w *heldWorld) presence() {
	w.t.Helper()
	w.free[1].conn.take()
	w.returns("delivering", func() { w.free[0].say(codec.Awareness, awareness(one(w.free[0].id, w.at, `{"n":1}`))) })
	w.until("presence", func() bool {
		for _, m := range w.free[1].conn.take() {
			if m.Kind == codec.Awareness {
				return true
			}
		}
		return false
	})
}

func (w *heldWorld) joining() {
	w.t.Helper()
	w.returns("joining", func() {
		for _, room := range []string{"free", "another"} {
			c := w.enter(room)
			c.say(codec.SyncRequest, codec.StateVector{}.Append(nil))
			w.until("the document", func() bool { return c.conn.has(codec.SyncReply) })
			c.Peer.Leave() // no bubble
		}
	})
}

func (w *heldWorld) snapshots() {
	w.t.Helper()
	before := w.store.snapshotOf("free")
	w.until("a snapshot", func() bool {
		w.typing()
		return len(w.store.snapshotOf("free")) > len(before)
	})
}

func (w *heldWorld) drafts() {
	w.t.Helper()
	before := w.forgetBase()
	w.until("a draft", func() bool {
		w.typing()
		return len(w.records.saved()) > before
	})
}

// forgetBase makes the free room's document say something else than its draft, and says how many drafts
// were saved before that, as the next may be saved at once. A draft that is being saved is waited for, as
// its base is noted last.
func (w *heldWorld) forgetBase() (drafts int) {
	w.t.Helper()
	r, unknown := w.free[0].room, [32]byte{}
	w.until("the draft's base", func() (known bool) {
		r.tryTo(func() {
			if known = r.record.base.hash != unknown; known {
				r.record.base.hash, drafts = unknown, len(w.records.saved())
			}
		})
		return known
	})
	return drafts
}

func (w *heldWorld) operators() {
	w.t.Helper()
	w.returns("operating", func() {
		w.WriteMetrics(&logBuffer{})
		if err := w.Ready(); err != nil {
			w.t.Error(err)
		}
		if err := w.Refresh(context.Background(), "free"); err != nil {
			w.t.Error(err)
		}
		w.Lock("free", true)
		w.Lock("free", false)
		w.Kick("free", "nobody")
	})
}

// goesOn requires that all happens in the free room that may.
func (w *heldWorld) goesOn() {
	w.t.Helper()
	w.typing()
	w.presence()
	w.joining()
	w.snapshots()
	w.drafts()
	w.operators()
}

func (w *heldWorld) end() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := w.Drain(ctx); err != nil {
		w.t.Errorf("drain: %v", err)
	}
}

func (c *memConn) knows(client, clock uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doc.Clock(client) >= clock
}

func (c *memConn) has(kind codec.Kind) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.inbox {
		if m.Kind == kind {
			return true
		}
	}
	return false
}

func (s *memStore) snapshotOf(room string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshots[room]
}

// TestHeldRoomsHoldUpNobody names what all rooms share, and what it has to do in those
// whose locks are held.
func TestHeldRoomsHoldUpNobody(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(w *heldWorld, p *Peer) // before the locks are held
		press   func(w *heldWorld, p *Peer) // while they are
	}{
		{name: "flusher, at a step", press: func(w *heldWorld, p *Peer) { w.sched.at(p.room, time.Now()) }},
		{name: "flusher, after a commit", prepare: func(w *heldWorld, p *Peer) {
			if !w.store.appending.isShut() {
				w.store.appending.close()
			}
			mustDeliver(w.t, p, codec.YWebsocket{}.Append(nil, codec.Message{Kind: codec.Update, Body: typed(p.id, 0, "y")}))
			w.until("a cut", func() bool { p.room.mu.Lock(); defer p.room.mu.Unlock(); return p.room.committing })
		}, press: func(w *heldWorld, _ *Peer) {
			if w.store.appending.isShut() {
				w.store.appending.open()
			}
		}},
		{name: "writers, when all is written", press: func(w *heldWorld, p *Peer) {
			p.queue.mu.Lock()
			start := !p.queue.writing
			p.queue.writing, p.queue.notify = true, true
			p.queue.mu.Unlock()
			if start {
				w.writers.add(p)
			}
		}},
		{name: "writers, when a connection is lost", press: func(w *heldWorld, p *Peer) {
			conn := p.conn.(*memConn)
			conn.mu.Lock()
			conn.broken = errStore
			conn.mu.Unlock()
			w.returns("telling", func() { p.room.tell(p, codec.Message{Kind: codec.Awareness, Body: awareness()}) })
		}},
		{name: "pollers", press: func(w *heldWorld, p *Peer) { w.pollsHeld(p) }},
		{name: "pollers, when a client leaves", press: func(w *heldWorld, p *Peer) {
			w.returns("leaving", func() { p.Leave() })
		}},
		{name: "rechecks", press: func(w *heldWorld, p *Peer) {
			w.returns("another session", func() { p.Become(Identity{ID: "ann", ReadOnly: true, Credential: "b"}) })
		}},
		{name: "saver", prepare: func(w *heldWorld, p *Peer) {
			p.room.mu.Lock()
			defer p.room.mu.Unlock()
			p.room.saving, p.room.sealOnly = true, false
		}, press: func(w *heldWorld, p *Peer) { w.saver.add(p.room) }},
		{name: "saver, with a room to seal", prepare: func(w *heldWorld, p *Peer) {
			p.room.mu.Lock()
			defer p.room.mu.Unlock()
			p.room.saving, p.room.sealOnly = true, true
		}, press: func(w *heldWorld, p *Peer) { w.saver.add(p.room) }},
		{name: "records' workers", prepare: func(w *heldWorld, p *Peer) {
			p.room.mu.Lock()
			defer p.room.mu.Unlock()
			p.room.record.busy = true
		}, press: func(w *heldWorld, p *Peer) { w.clerks.add(p.room) }},
		{name: "resuming", press: func(w *heldWorld, p *Peer) {
			if p == w.held[0] {
				w.resumes()
			}
		}},
		{name: "operators", press: func(w *heldWorld, p *Peer) {
			w.returns("locking", func() { w.Lock(p.Room(), true) })
		}},
		{name: "a panic", press: func(w *heldWorld, p *Peer) {
			w.returns("crashing", func() {
				var err error
				defer p.room.guard(&err)
				panic("of a test")
			})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newHeldWorld(t)
			defer w.end()
			for _, p := range w.held {
				if tt.prepare != nil {
					tt.prepare(w, p)
				}
			}
			release := w.hold()
			defer release()
			for _, p := range w.held {
				tt.press(w, p)
			}
			w.goesOn()
		})
	}
}

// pollsHeld requires that nothing that a client says waits for its room, and that what
// could not be handled is left, in order.
func (w *heldWorld) pollsHeld(p *Peer) {
	w.t.Helper()
	speak := codec.YWebsocket{}
	update := codec.Message{Kind: codec.Update, Body: typed(p.id, 0, "y")}
	w.returns("polling", func() {
		for _, m := range []codec.Message{
			update,
			{Kind: codec.SyncRequest, Body: codec.StateVector{}.Append(nil)},
			{Kind: codec.Awareness, Body: awareness(one(p.id, 1, "{}"))},
			{Kind: codec.AwarenessRequest},
		} {
			if left, err := p.TryDeliver(speak.Append(nil, m)); left == nil || err != nil {
				w.t.Errorf("kind %v: nothing is left, %v", m.Kind, err)
			}
		}
		if left, err := p.TryDeliver([]byte{99}); left != nil || err != nil {
			w.t.Errorf("what is malformed is left, %v", err)
		}
		p.MayWait(time.Now())
	})
}

// resumes begins to resume all rooms that are held, before the free one.
func (w *heldWorld) resumes() {
	names := make([]string, 0, heldRooms+1)
	for _, p := range w.held {
		names = append(names, p.Room())
	}
	ctx, stop := context.WithCancel(context.Background())
	var resuming sync.WaitGroup
	resuming.Go(func() { w.Resume(ctx, append(names, "resumed")) })
	w.t.Cleanup(func() { stop(); resuming.Wait() })
	w.until("resuming the last room", func() bool {
		w.store.mu.Lock()
		defer w.store.mu.Unlock()
		return w.store.loaded["resumed"] > 0
	})
}

// TestHeldRoomAtDrain: the others are closed and saved while it is held.
func TestHeldRoomAtDrain(t *testing.T) {
	w := newHeldWorld(t)
	drafts := w.forgetBase()
	before := len(w.store.snapshotOf("free"))
	mustDeliver(t, w.held[0], codec.YWebsocket{}.Append(nil, codec.Message{Kind: codec.Update, Body: typed(w.held[0].id, 0, "last words")}))
	release := w.hold()
	w.typing()
	var ended sync.WaitGroup
	ended.Go(w.end)
	w.until("closing", func() bool {
		return w.free[0].conn.closed() == CloseUnavailable && w.free[1].conn.closed() == CloseUnavailable
	})
	w.until("a draft", func() bool { return len(w.records.saved()) > drafts })
	w.until("a snapshot", func() bool { return len(w.store.snapshotOf("free")) > before })
	if code := w.held[0].conn.(*memConn).closed(); code != 0 {
		t.Errorf("a room that is held was closed with %d", code)
	}
	release()
	ended.Wait()
	for _, p := range w.held {
		if code := p.conn.(*memConn).closed(); code != CloseUnavailable {
			t.Errorf("%s was closed with %d", p.Room(), code)
		}
	}
	if len(w.store.snapshotOf(w.held[0].Room())) == 0 {
		t.Error("nothing was saved of the room that was held")
	}
}

// TestHotRoomIsFlushed: a room that somebody holds whenever its lock is tried gets its turn.
func TestHotRoomIsFlushed(t *testing.T) {
	w := newHeldWorld(t)
	defer w.end()
	author, reader := w.enter("hot"), w.enter("hot")
	r := author.room
	author.types(0, "warm")
	w.until("the first text", func() bool { return reader.conn.knows(author.id, 4) })
	r.mu.Lock()
	stop := make(chan struct{})
	var hammers sync.WaitGroup
	defer hammers.Wait()
	defer close(stop)
	for range 4 {
		hammers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					r.mu.Lock()
					for range 1000 {
						_ = r.doc.Size()
					}
					r.mu.Unlock()
				}
			}
		})
	}
	for clock := uint64(4); clock < 24; clock++ {
		left, err := author.TryDeliver(codec.YWebsocket{}.Append(nil, codec.Message{Kind: codec.Update, Body: typed(author.id, clock, "x")}))
		if clock == 4 {
			if left == nil {
				t.Error("a room that is held took an update")
			}
			w.sched.at(r, time.Now())
			w.until("the flusher's finding it held", func() bool { return r.later.waits.Load() })
			r.mu.Unlock()
		}
		if err == nil && left != nil {
			err = author.DeliverRest(left)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.until("all of the text", func() bool { return reader.conn.knows(author.id, 24) })
}
