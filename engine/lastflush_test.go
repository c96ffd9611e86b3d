package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/groupcommit"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// newStoppedEngine returns an engine whose flusher and saver have ended, so that a test can take
// the steps of Drain one by one.
func newStoppedEngine(t *testing.T) (e *Engine, store *memStore) {
	store = newMemStore()
	e = New(Config{Compression: snapshot.Raw}, store, slog.New(slog.DiscardHandler))
	close(e.stop)
	e.background.Wait()
	return e, store
}

func mustJoin(t *testing.T, e *Engine, room string, proto protocol.Protocol) *Peer {
	t.Helper()
	p, err := e.Join(t.Context(), roomkey.MustParse(room), sink{}, proto, Identity{ID: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustType(t *testing.T, p *Peer, clock uint64, text string) {
	t.Helper()
	mustDeliver(t, p, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: typed(p.id, clock, text)}))
}

// hookProtocol is y-websocket that calls hook before it encodes a message.
type hookProtocol struct {
	protocol.YWebsocket
	hook func()
}

func (p *hookProtocol) Append(dst []byte, m protocol.Message) []byte {
	if p.hook != nil {
		p.hook()
	}
	return p.YWebsocket.Append(dst, m)
}

// TestLastFlushWaitsForHeld shows that the last flush reports a room whose lock is taken between
// its first and second step, and flushes it when it may wait.
func TestLastFlushWaitsForHeld(t *testing.T) {
	e, store := newStoppedEngine(t)
	proto := new(hookProtocol)
	first, second := mustJoin(t, e, "first", proto), mustJoin(t, e, "second", protocol.YWebsocket{})
	mustDeliver(t, first, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Awareness, Body: awarenessUpdate(stateEntry(7, 1, "{}"))}))
	mustType(t, second, 0, "text")
	locked := false
	proto.hook = func() {
		if !locked {
			locked = true
			second.room.mu.Lock()
		}
	}
	rooms := []*room{first.room, second.room}
	err := e.flusher.FlushAll(t.Context(), flushRooms(rooms), 0)
	if !locked {
		t.Fatal("the first room was not flushed")
	}
	second.room.mu.Unlock()
	if !errors.Is(err, groupcommit.ErrNotFlushed) || !strings.HasSuffix(err.Error(), ": 1 were too busy") {
		t.Errorf("while a room was held: %v", err)
	}
	if err := e.flusher.FlushAll(t.Context(), flushRooms(rooms), math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if n := store.rowCount("second"); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// TestLastFlushSkipsCrashed shows that a crashed room with much to commit takes no other room's
// share of a commit.
func TestLastFlushSkipsCrashed(t *testing.T) {
	e, store := newStoppedEngine(t)
	crashed, heavy := mustJoin(t, e, "crashed", protocol.YWebsocket{}), mustJoin(t, e, "heavy", protocol.YWebsocket{})
	mustType(t, heavy, 0, "text")
	crashed.room.unflushed.Store(groupcommit.CommitBytes)
	heavy.room.unflushed.Store(groupcommit.CommitBytes)
	crashed.room.crash("a test")
	if err := e.flusher.FlushAll(t.Context(), flushRooms([]*room{crashed.room, heavy.room}), math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if n := store.rowCount("heavy"); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// TestWaitingRowOfCrashedRoom shows that a row that waits for the next commit is not stored if its
// room has crashed, as the room may be loaded anew by then.
func TestWaitingRowOfCrashedRoom(t *testing.T) {
	e, store := newStoppedEngine(t)
	crashed, other := mustJoin(t, e, "crashed", protocol.YWebsocket{}), mustJoin(t, e, "other", protocol.YWebsocket{})
	for _, p := range []*Peer{crashed, other} {
		mustType(t, p, 0, "text")
		p.room.mu.Lock()
		row, _ := p.room.takeCut(nil)
		p.room.mu.Unlock()
		e.flusher.AddRow((*flushRoom)(p.room), row)
	}
	crashed.room.crash("a test")
	if err := e.flusher.FlushAll(t.Context(), nil, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if a, b := store.rowCount("crashed"), store.rowCount("other"); a != 0 || b != 1 {
		t.Errorf("%d rows of the room that crashed, %d of the other", a, b)
	}
}

// TestFlushBeforeLastSave shows that a room that was locked during the last flush, and has a row
// that waits for the next commit, is flushed before it is saved.
func TestFlushBeforeLastSave(t *testing.T) {
	e, store := newStoppedEngine(t)
	p := mustJoin(t, e, "held", protocol.YWebsocket{})
	mustType(t, p, 0, "text")
	p.room.mu.Lock()
	row, _ := p.room.takeCut(nil)
	p.room.mu.Unlock()
	e.flusher.AddRow((*flushRoom)(p.room), row)
	if err := e.saveFlushed(t.Context(), []*room{p.room}, e.saveLast, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(store.snapshotOf("held")); n == 0 {
		t.Errorf("no snapshot, %d rows", store.rowCount("held"))
	}
}

// TestLastSnapshotIsNewest shows that a state that was captured for a snapshot before Drain is not
// stored over a newer one.
func TestLastSnapshotIsNewest(t *testing.T) {
	e, store := newStoppedEngine(t)
	saved, held := mustJoin(t, e, "saved", protocol.YWebsocket{}), mustJoin(t, e, "held", protocol.YWebsocket{})
	rooms := []*room{saved.room, held.room}
	flush := func() {
		if err := e.flusher.FlushAll(t.Context(), flushRooms(rooms), math.MaxInt64); err != nil {
			t.Fatal(err)
		}
	}
	mustType(t, saved, 0, "old")
	mustType(t, held, 0, "text")
	flush()
	old := new(snapshotSource)
	saved.room.mu.TryRun(func() { saved.room.capture(old) })
	e.saver.put(saveJob{saved.room, old})
	mustType(t, saved, 3, " and new")
	flush()
	held.room.mu.Lock()
	done := make(chan error)
	go func() { done <- e.saver.saveAll(context.Background(), rooms) }()
	for !held.room.mu.HasDeferred() {
		time.Sleep(time.Millisecond) // until the saver has saved the other, and found it locked
	}
	held.room.mu.Unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s, err := stored.Read(store.snapshotOf("saved"), nil, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := ydoc.Load(s.State)
	if err != nil {
		t.Fatal(err)
	}
	if doc.Clock(saved.id) != uint64(len("old and new")) || !bytes.Contains(s.State, []byte("new")) {
		t.Errorf("the snapshot has the text up to %d", doc.Clock(saved.id))
	}
}
