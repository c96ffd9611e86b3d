package engine

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// These tests are about what Drain does with the flusher and the saver, which have ended.
func ended(t *testing.T) (e *Engine, store *memStore) {
	store = newMemStore()
	e = New(Config{Compression: snapshot.Raw}, store, slog.New(slog.DiscardHandler))
	close(e.stop)
	e.background.Wait()
	return e, store
}

func entered(t *testing.T, e *Engine, room string, proto codec.Protocol) *Peer {
	t.Helper()
	p, err := e.Join(t.Context(), room, sink{}, proto, Identity{ID: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustType(t *testing.T, p *Peer, clock uint64, text string) {
	t.Helper()
	mustDeliver(t, p, codec.YWebsocket{}.Append(nil, codec.Message{Kind: codec.Update, Body: typed(p.id, clock, text)}))
}

// hookProtocol is y-websocket that calls hook when something is told.
type hookProtocol struct {
	codec.YWebsocket
	hook func()
}

func (p *hookProtocol) Append(dst []byte, m codec.Message) []byte {
	if p.hook != nil {
		p.hook()
	}
	return p.YWebsocket.Append(dst, m)
}

// TestLastFlushWaitsForHeld: a room whose lock somebody takes between two looks at it in the last
// flush is waited for.
func TestLastFlushWaitsForHeld(t *testing.T) {
	e, store := ended(t)
	proto := new(hookProtocol)
	first, second := entered(t, e, "first", proto), entered(t, e, "second", codec.YWebsocket{})
	mustDeliver(t, first, codec.YWebsocket{}.Append(nil, codec.Message{Kind: codec.Awareness, Body: awareness(one(7, 1, "{}"))}))
	mustType(t, second, 0, "text")
	locked := false
	proto.hook = func() {
		if !locked {
			locked = true
			second.room.mu.Lock()
		}
	}
	rooms := []*room{first.room, second.room}
	held, _ := e.flusher.lastOf(rooms, time.Now())
	if !locked {
		t.Fatal("nothing was told in the first room")
	}
	second.room.mu.Unlock()
	if held != 1 {
		t.Errorf("%d rooms have yet to be flushed", held)
	}
	if err := e.flusher.last(t.Context(), rooms, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if n := store.journal("second"); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// TestLastFlushPassesCrashed: a room that has crashed, with much to commit, takes nobody's turn.
func TestLastFlushPassesCrashed(t *testing.T) {
	e, store := ended(t)
	crashed, heavy := entered(t, e, "crashed", codec.YWebsocket{}), entered(t, e, "heavy", codec.YWebsocket{})
	mustType(t, heavy, 0, "text")
	crashed.room.unflushed.Store(flushBytes)
	heavy.room.unflushed.Store(flushBytes)
	crashed.room.crash("a test")
	if err := e.flusher.last(t.Context(), []*room{crashed.room, heavy.room}, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if n := store.journal("heavy"); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// TestOfferOfCrashed: what a room has offered to the flusher before it crashed does not come after
// what is loaded anew.
func TestOfferOfCrashed(t *testing.T) {
	e, store := ended(t)
	crashed, other := entered(t, e, "crashed", codec.YWebsocket{}), entered(t, e, "other", codec.YWebsocket{})
	for _, p := range []*Peer{crashed, other} {
		mustType(t, p, 0, "text")
		p.room.mu.Lock()
		row, _ := p.room.begin(nil)
		p.room.mu.Unlock()
		e.flusher.offers.add(p.room, row)
	}
	crashed.room.crash("a test")
	e.flusher.flush(nil, time.Now())
	if a, b := store.journal("crashed"), store.journal("other"); a != 0 || b != 1 {
		t.Errorf("%d rows of the room that crashed, %d of the other", a, b)
	}
}

// TestSavedLastIsFlushed: a room that was held until nobody waited for it any more, and has then offered to the flusher
// what was in it, is flushed before it is saved.
func TestSavedLastIsFlushed(t *testing.T) {
	e, store := ended(t)
	p := entered(t, e, "held", codec.YWebsocket{})
	mustType(t, p, 0, "text")
	p.room.mu.Lock()
	row, _ := p.room.begin(nil)
	p.room.mu.Unlock()
	e.flusher.offers.add(p.room, row)
	if err := e.saveLast(t.Context(), []*room{p.room}); err != nil {
		t.Fatal(err)
	}
	if n := len(store.snapshotOf("held")); n == 0 {
		t.Errorf("nothing is saved, %d rows", store.journal("held"))
	}
}

// TestLastSnapshotIsNewest: what was taken of a room for a snapshot before Drain is not stored over
// what is taken later.
func TestLastSnapshotIsNewest(t *testing.T) {
	e, store := ended(t)
	saved, held := entered(t, e, "saved", codec.YWebsocket{}), entered(t, e, "held", codec.YWebsocket{})
	rooms := []*room{saved.room, held.room}
	flush := func() {
		if err := e.flusher.last(t.Context(), rooms, math.MaxInt64); err != nil {
			t.Fatal(err)
		}
	}
	mustType(t, saved, 0, "old")
	mustType(t, held, 0, "text")
	flush()
	old := new(taken)
	saved.room.tryTo(func() { saved.room.capture(old) })
	e.saver.put(errand{saved.room, old})
	mustType(t, saved, 3, " and new")
	flush()
	held.room.mu.Lock()
	done := make(chan error)
	go func() { done <- e.saver.saveAll(context.Background(), rooms) }()
	for !held.room.later.waits.Load() {
		time.Sleep(time.Millisecond) // until it is found held, which is after the other has been saved
	}
	held.room.mu.Unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s, err := ReadStored(store.snapshotOf("saved"), nil, 1<<20)
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
