package engine

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

func TestCompaction(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 1}, func(w *world) {
		a := w.greeted("a")
		text := typed(a.id, 0, strings.Repeat("council ", 2000))
		noDeletes := len(text) - 1
		a.say(codec.Update, codec.AppendDeletes(text[:noDeletes], []codec.DeleteRange{{Client: a.id, Clock: 10, End: 16_000}}))
		pass(11 * time.Second)
		a.types(16_000, "x") // a room that was held while its document was compacted saves that with the next change
		pass(time.Minute)
		s, err := snapshot.Decode(w.store.snapshots["a"], 1<<20)
		if err != nil || bytes.Contains(s.State, []byte("council council")) || len(s.State) > 100 {
			t.Fatalf("%v, a snapshot of %d bytes, with what was deleted", err, len(s.State))
		}
		if state, _ := held(a.room); len(state) > 100 {
			t.Errorf("the room still holds %d bytes", len(state))
		}
		a.types(16_001, "more")
		b := w.greeted("a")
		want, _ := held(a.room)
		if got := b.conn.state(); !bytes.Equal(got, want) || !bytes.Contains(got, []byte("more")) {
			t.Errorf("who joins then has %q, want %q", got, want)
		}
		if n := w.Engine.metrics.compactionFailures.Get(); n != 0 {
			t.Errorf("%d compactions failed", n)
		}
	})
}

func TestSealing(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.cfg.Compression = snapshot.Gzip
		a := w.greeted("a")
		a.types(0, strings.Repeat("x", 4000))
		settle()
		r := a.room
		want, _ := held(r)
		a.Leave()
		pass(9 * time.Second)
		if _, sealed := held(r); sealed > 0 {
			t.Fatal("sealed too early")
		}
		pass(2 * time.Second)
		if state, sealed := held(r); sealed == 0 || sealed > len(want)/2 || len(state) > 2 {
			t.Fatalf("%d bytes sealed of %d, a document of %d", sealed, len(want), len(state))
		}
		b := w.greeted("a")
		if state, sealed := held(r); b.room != r || sealed > 0 || !bytes.Equal(state, want) {
			t.Error("the document is not what it was")
		}
		b.types(0, "y")
		settle()
		b.Leave()
		pass(11 * time.Second)
		if _, sealed := held(r); sealed == 0 {
			t.Error("not sealed again")
		}
	})
}

// held is what a room holds: its document, and the size of a sealed one.
func held(r *room) (state []byte, sealed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.doc.AppendState(nil), len(r.sealed)
}

// TestCrash: a panic in a room ends it, not the process, and what is durable comes back.
func TestCrash(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b, other := w.greeted("a"), w.greeted("a"), w.greeted("other")
		a.types(0, "text")
		pass(time.Second)
		broken := a.room
		want, _ := held(broken)
		broken.presence.e = nil // what reads it will panic
		state := codec.Message{Kind: codec.Awareness, Body: awareness(one(5, 1, "{}"))}
		if err := a.Deliver(codec.YWebsocket{}.Append(nil, state)); err != error(crashed) {
			t.Fatalf("error %v", err)
		}
		settle()
		if b.conn.closed() != CloseInternal || other.conn.closed() != 0 {
			t.Errorf("closed with %d, and in the other room with %d", b.conn.closed(), other.conn.closed())
		}
		c := w.greeted("a")
		if state, _ := held(c.room); c.room == broken || !bytes.Equal(state, want) {
			t.Error("the room was not loaded anew")
		}
		if out := w.out.String(); !strings.Contains(out, "room crashed") || !strings.Contains(out, "hear") {
			t.Errorf("the log does not say where: %s", out)
		}
	})
}
