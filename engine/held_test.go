package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// These tests hold the locks of more rooms than there are workers of any kind, give everything that
// serves all rooms something to do in them, and check that another room still works. They do not
// measure speed: the events that they wait for happen while the locks are held, or never.

const heldRooms = 3 * recordsync.PoolSize

// heldWorld is an engine on the real clock, with rooms to be locked and one free room: a bubble's
// clock stands still while a goroutine waits for a lock.
type heldWorld struct {
	*Engine
	t         *testing.T
	store     *memStore
	records   *memRecords
	held      []*Peer // a peer in each room whose lock will be held
	free      [2]*client
	nextClock uint64 // of the next character typed in the free room
}

func newHeldWorld(t *testing.T) *heldWorld {
	w := &heldWorld{t: t, records: &memRecords{records: map[string]memRecord{}, snapshots: map[string][]byte{}}}
	archive := &memArchive{memStore: newMemStore(), expiries: make(map[string]time.Time)}
	w.store = archive.memStore
	w.Engine = New(Config{
		Window: time.Millisecond, Records: w.records, RecordPoll: -1, Drafts: Drafts{Quiet: time.Millisecond, Interval: time.Millisecond, MinInterval: time.Millisecond},
		SnapshotUpdates: 1, SnapshotMinInterval: time.Millisecond, Compression: snapshot.Raw,
	}, archive, slog.New(slog.DiscardHandler))
	for i := range heldRooms {
		w.held = append(w.held, w.mustJoin(fmt.Sprintf("held-%d", i)).Peer)
	}
	for i := range w.free {
		w.free[i] = w.mustJoin("free")
	}
	w.checkTyping()
	w.checkSnapshots()
	w.checkDrafts()
	return w
}

// mustJoin joins a room, whose record it creates if there is none.
func (w *heldWorld) mustJoin(room string) *client {
	w.t.Helper()
	w.records.mu.Lock()
	if _, ok := w.records.records[room]; !ok {
		w.records.records[room] = memRecord{published: "text"}
	}
	w.records.mu.Unlock()
	conn := new(memConn)
	p, err := w.Join(context.Background(), roomkey.MustParse(room), conn, protocol.YWebsocket{}, Identity{ID: "ann", Credential: "ann"})
	if err != nil {
		w.t.Fatalf("join: %v", err)
	}
	return &client{p, conn, &world{Engine: w.Engine, t: w.t, store: w.store}}
}

// holdLocks locks all rooms of held, until release is called.
func (w *heldWorld) holdLocks() (release func()) {
	for _, p := range w.held {
		p.room.mu.Lock()
	}
	return func() {
		for _, p := range w.held {
			p.room.mu.Unlock()
		}
	}
}

// mustHappen waits until ok returns true, and fails after 20 s.
func (w *heldWorld) mustHappen(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// mustReturn calls f, and fails unless it returns within 20 s.
func (w *heldWorld) mustReturn(what string, f func()) {
	w.t.Helper()
	done := make(chan struct{})
	go func() {
		f()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		w.t.Fatalf("%s: not returned within 20 s", what)
	}
}

// checkTyping requires that text typed in the free room reaches the other peer.
func (w *heldWorld) checkTyping() {
	w.t.Helper()
	author, reader := w.free[0], w.free[1]
	w.mustReturn("delivering", func() { author.types(w.nextClock, "x") })
	w.nextClock++
	w.mustHappen("typing", func() bool { return reader.conn.hasClock(author.id, w.nextClock) })
}

// checkPresence requires that an awareness update in the free room reaches the other peer.
func (w *heldWorld) checkPresence() {
	w.t.Helper()
	w.free[1].conn.take()
	w.mustReturn("delivering", func() {
		w.free[0].sends(protocol.Awareness, awarenessUpdate(stateEntry(w.free[0].id, w.nextClock, `{"n":1}`)))
	})
	w.mustHappen("presence", func() bool {
		for _, m := range w.free[1].conn.take() {
			if m.Kind == protocol.Awareness {
				return true
			}
		}
		return false
	})
}

// checkJoining requires that peers can join the free room and a new one, and get the documents.
func (w *heldWorld) checkJoining() {
	w.t.Helper()
	w.mustReturn("joining", func() {
		for _, room := range []string{"free", "another"} {
			c := w.mustJoin(room)
			c.sends(protocol.SyncRequest, yjs.StateVector{}.Append(nil))
			w.mustHappen("the document", func() bool { return c.conn.hasReceived(protocol.SyncReply) })
			c.Peer.Leave() // client.Leave needs a bubble
		}
	})
}

// checkSnapshots requires that a snapshot of the free room is stored.
func (w *heldWorld) checkSnapshots() {
	w.t.Helper()
	before := w.store.snapshotOf("free")
	w.mustHappen("a snapshot", func() bool {
		w.checkTyping()
		return len(w.store.snapshotOf("free")) > len(before)
	})
}

// checkDrafts requires that a draft of the free room is saved.
func (w *heldWorld) checkDrafts() {
	w.t.Helper()
	before := len(w.records.saved())
	w.editFreeRoom()
	w.mustHappen("a draft", func() bool {
		w.checkTyping()
		return len(w.records.saved()) > before
	})
}

// editFreeRoom edits the text of the free room, so that its draft is to be saved.
func (w *heldWorld) editFreeRoom() {
	w.t.Helper()
	tree, err := markdown.Parse(fmt.Sprint("edit ", w.nextClock))
	if err != nil {
		w.t.Fatal(err)
	}
	var state []byte
	w.mustHappen("reading", func() bool {
		return w.free[0].room.mu.TryRun(func() { state = w.free[0].room.doc.AppendState(nil) })
	})
	update, err := prose.Edit(yjs.Trust(state), markdown.Schema{}, tree)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mustReturn("delivering", func() { w.free[0].sends(protocol.Update, update) })
}

// checkOperators requires that the calls of operators return: metrics, readiness, and those that
// concern the free room.
func (w *heldWorld) checkOperators() {
	w.t.Helper()
	w.mustReturn("operating", func() {
		w.WriteMetrics(&logBuffer{})
		if err := w.Ready(); err != nil {
			w.t.Error(err)
		}
		if err := w.Refresh(context.Background(), roomkey.MustParse("free")); err != nil {
			w.t.Error(err)
		}
		ctx, free := context.Background(), roomkey.MustParse("free")
		for _, locked := range []bool{true, false} {
			if err := w.Lock(ctx, free, locked, ""); err != nil {
				w.t.Error(err)
			}
		}
		if _, err := w.Kick(ctx, free, "nobody", ""); err != nil {
			w.t.Error(err)
		}
	})
}

// checkFreeRoom requires that everything still works in the free room.
func (w *heldWorld) checkFreeRoom() {
	w.t.Helper()
	w.checkTyping()
	w.checkPresence()
	w.checkJoining()
	w.checkSnapshots()
	w.checkDrafts()
	w.checkOperators()
}

// mustDrain drains the engine.
func (w *heldWorld) mustDrain() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := w.Drain(ctx); err != nil {
		w.t.Errorf("drain: %v", err)
	}
}

// hasClock reports whether the client has the structs of another client up to clock.
func (c *memConn) hasClock(client, clock uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doc.Clock(client) >= clock
}

// hasReceived reports whether a message of a kind is in the inbox.
func (c *memConn) hasReceived(kind protocol.Kind) bool {
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

// TestHeldRoomsDelayNoOthers shows that everything works in a free room while the goroutine or call
// that each case names has something to do in rooms whose locks are held.
func TestHeldRoomsDelayNoOthers(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(w *heldWorld, p *Peer) // before the locks are held
		use     func(w *heldWorld, p *Peer) // while they are held
	}{
		{name: "flusher, at a step", use: func(w *heldWorld, p *Peer) { p.room.scheduleAt(time.Now()) }},
		{name: "flusher, after a commit", prepare: func(w *heldWorld, p *Peer) {
			if !w.store.appending.isShut() {
				w.store.appending.close()
			}
			mustDeliver(w.t, p, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: typed(p.id, 0, "y")}))
			w.mustHappen("a cut", func() bool { p.room.mu.Lock(); defer p.room.mu.Unlock(); return p.room.commit.pending })
		}, use: func(w *heldWorld, _ *Peer) {
			if w.store.appending.isShut() {
				w.store.appending.open()
			}
		}},
		{name: "writers, when all is written", use: func(w *heldWorld, p *Peer) {
			start, _, _ := p.queue.Put(&outbound.Message{Class: outbound.Answer}, 0)
			p.queue.HasAnswer() // the room is notified
			if start {
				w.writers.Add((*writer)(p))
			}
		}},
		{name: "writers, when a connection is lost", use: func(w *heldWorld, p *Peer) {
			conn := p.conn.(*memConn)
			conn.mu.Lock()
			conn.broken = errStore
			conn.mu.Unlock()
			w.mustReturn("sending a notice", func() { p.sendNotice(protocol.Message{Kind: protocol.Awareness, Body: awarenessUpdate()}) })
		}},
		{name: "pollers", use: func(w *heldWorld, p *Peer) { w.checkTryDeliver(p) }},
		{name: "pollers, when a client leaves", use: func(w *heldWorld, p *Peer) {
			w.mustReturn("leaving", func() { p.Leave() })
		}},
		{name: "rechecks", use: func(w *heldWorld, p *Peer) {
			w.mustReturn("another session", func() { p.Become(Identity{ID: "ann", ReadOnly: true, Credential: "b"}) })
		}},
		{name: "saver", prepare: func(w *heldWorld, p *Peer) {
			p.room.mu.Lock()
			defer p.room.mu.Unlock()
			p.room.saving.queued, p.room.saving.compressOnly = true, false
		}, use: func(w *heldWorld, p *Peer) { w.saver.add(p.room) }},
		{name: "saver, with a room to compress", prepare: func(w *heldWorld, p *Peer) {
			p.room.mu.Lock()
			defer p.room.mu.Unlock()
			p.room.saving.queued, p.room.saving.compressOnly = true, true
		}, use: func(w *heldWorld, p *Peer) { w.saver.add(p.room) }},
		{name: "records' workers", use: func(w *heldWorld, p *Peer) { p.room.record.Sync() }},
		{name: "resuming", use: func(w *heldWorld, p *Peer) {
			if p == w.held[0] {
				w.startResume()
			}
		}},
		{name: "operators", use: func(w *heldWorld, p *Peer) {
			w.mustReturn("locking", func() {
				ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
				defer cancel()
				if err := w.Lock(ctx, p.Room(), true, ""); !errors.Is(err, context.DeadlineExceeded) {
					w.t.Errorf("the lock of a room that is held: %v", err)
				}
			})
		}},
		{name: "a panic", use: func(w *heldWorld, p *Peer) {
			w.mustReturn("crashing", func() {
				var err error
				defer p.room.guard(&err)
				panic("of a test")
			})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newHeldWorld(t)
			defer w.mustDrain()
			for _, p := range w.held {
				if tt.prepare != nil {
					tt.prepare(w, p)
				}
			}
			release := w.holdLocks()
			defer release()
			for _, p := range w.held {
				tt.use(w, p)
			}
			w.checkFreeRoom()
		})
	}
}

// checkTryDeliver requires that TryDeliver waits for no lock: it returns valid messages as
// undelivered, and handles a malformed one.
func (w *heldWorld) checkTryDeliver(p *Peer) {
	w.t.Helper()
	speak := protocol.YWebsocket{}
	update := protocol.Message{Kind: protocol.Update, Body: typed(p.id, 0, "y")}
	w.mustReturn("polling", func() {
		for _, m := range []protocol.Message{
			update,
			{Kind: protocol.SyncRequest, Body: yjs.StateVector{}.Append(nil)},
			{Kind: protocol.Awareness, Body: awarenessUpdate(stateEntry(p.id, 1, "{}"))},
			{Kind: protocol.AwarenessRequest},
		} {
			if left, err := p.TryDeliver(speak.Append(nil, m)); left == nil || err != nil {
				w.t.Errorf("kind %v: delivered in a held room, %v", m.Kind, err)
			}
		}
		if left, err := p.TryDeliver([]byte{99}); left != nil || err != nil {
			w.t.Errorf("a malformed message is left undelivered, %v", err)
		}
		p.MayWait(time.Now())
	})
}

// startResume starts Resume of all held rooms and another one, and waits until it loads that.
func (w *heldWorld) startResume() {
	names := make([]string, 0, heldRooms+1)
	for _, p := range w.held {
		names = append(names, p.Room().String())
	}
	ctx, stop := context.WithCancel(context.Background())
	var resuming sync.WaitGroup
	resuming.Go(func() { w.Resume(ctx, append(names, "resumed")) })
	w.t.Cleanup(func() { stop(); resuming.Wait() })
	w.mustHappen("resuming the last room", func() bool {
		w.store.mu.Lock()
		defer w.store.mu.Unlock()
		return w.store.loaded["resumed"] > 0
	})
}

// TestHeldRoomAtDrain shows that Drain closes and saves all other rooms while the lock of one is
// held, and that one when it is released.
func TestHeldRoomAtDrain(t *testing.T) {
	w := newHeldWorld(t)
	before, drafts := len(w.store.snapshotOf("free")), len(w.records.saved())
	mustDeliver(t, w.held[0], protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: typed(w.held[0].id, 0, "last words")}))
	release := w.holdLocks()
	w.checkTyping()
	w.editFreeRoom()
	var ended sync.WaitGroup
	ended.Go(w.mustDrain)
	w.mustHappen("closing", func() bool {
		return w.free[0].conn.closed() == CloseUnavailable && w.free[1].conn.closed() == CloseUnavailable
	})
	w.mustHappen("a draft", func() bool { return len(w.records.saved()) > drafts })
	w.mustHappen("a snapshot", func() bool { return len(w.store.snapshotOf("free")) > before })
	if code := w.held[0].conn.(*memConn).closed(); code != 0 {
		t.Errorf("a held room was closed with %d", code)
	}
	release()
	ended.Wait()
	for _, p := range w.held {
		if code := p.conn.(*memConn).closed(); code != CloseUnavailable {
			t.Errorf("%s was closed with %d", p.Room(), code)
		}
	}
	if len(w.store.snapshotOf(w.held[0].Room().String())) == 0 {
		t.Error("the held room was not saved")
	}
}

// TestHotRoomIsFlushed shows that a room is flushed although others take its lock all the time.
func TestHotRoomIsFlushed(t *testing.T) {
	w := newHeldWorld(t)
	defer w.mustDrain()
	author, reader := w.mustJoin("hot"), w.mustJoin("hot")
	r := author.room
	author.types(0, "warm")
	w.mustHappen("the first text", func() bool { return reader.conn.hasClock(author.id, 4) })
	r.mu.Lock()
	stop := make(chan struct{})
	var lockers sync.WaitGroup
	defer lockers.Wait()
	defer close(stop)
	for range 4 {
		lockers.Go(func() {
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
		left, err := author.TryDeliver(protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: typed(author.id, clock, "x")}))
		if clock == 4 {
			if left == nil {
				t.Error("a held room took an update")
			}
			r.scheduleAt(time.Now())
			w.mustHappen("a deferred step of the flusher", func() bool { return r.mu.HasDeferred() })
			r.mu.Unlock()
		}
		if err == nil && left != nil {
			err = author.DeliverRest(left)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.mustHappen("all of the text", func() bool { return reader.conn.hasClock(author.id, 24) })
}
