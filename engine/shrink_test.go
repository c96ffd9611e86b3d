package engine

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestCompaction shows that a document with much deleted content is compacted when it is saved, and
// that editing goes on in it.
func TestCompaction(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 1}, func(w *world) {
		a := w.joinSynced("a")
		text := typed(a.id, 0, strings.Repeat("council ", 2000))
		noDeletes := len(text) - 1
		a.sends(protocol.Update, yjs.AppendDeletes(text[:noDeletes], []yjs.DeleteRange{{Client: a.id, Clock: 10, End: 16_000}}))
		pass(11 * time.Second)
		a.types(16_000, "x") // applies a compaction during which the room was locked
		pass(time.Minute)
		s, err := snapshot.Decode(w.store.snapshots["a"], 1<<20)
		if err != nil || bytes.Contains(s.State, []byte("council council")) || len(s.State) > 100 {
			t.Fatalf("%v, a snapshot of %d bytes, with the deleted content", err, len(s.State))
		}
		if state, _ := heldDocument(a.room); len(state) > 100 {
			t.Errorf("the room still holds %d bytes", len(state))
		}
		a.types(16_001, "more")
		b := w.joinSynced("a")
		want, _ := heldDocument(a.room)
		if got := b.conn.state(); !bytes.Equal(got, want) || !bytes.Contains(got, []byte("more")) {
			t.Errorf("a peer that joins then has %q, want %q", got, want)
		}
		if n := w.Engine.metrics.compactionFailures.Get(); n != 0 {
			t.Errorf("%d compactions failed", n)
		}
	})
}

// TestCompressingRooms shows that the document of a room without peers is compressed after
// CompressAfter, and decompressed by the next join.
func TestCompressingRooms(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.cfg().Compression = snapshot.Gzip
		a := w.joinSynced("a")
		a.types(0, strings.Repeat("x", 4000))
		settle()
		r := a.room
		want, _ := heldDocument(r)
		a.Leave()
		pass(9 * time.Second)
		if _, compressed := heldDocument(r); compressed > 0 {
			t.Fatal("compressed too early")
		}
		pass(2 * time.Second)
		if state, compressed := heldDocument(r); compressed == 0 || compressed > len(want)/2 || len(state) > 2 {
			t.Fatalf("%d bytes compressed of %d, a document of %d", compressed, len(want), len(state))
		}
		b := w.joinSynced("a")
		if state, compressed := heldDocument(r); b.room != r || compressed > 0 || !bytes.Equal(state, want) {
			t.Error("the document after decompression is another")
		}
		b.types(0, "y")
		settle()
		b.Leave()
		pass(11 * time.Second)
		if _, compressed := heldDocument(r); compressed == 0 {
			t.Error("not compressed again")
		}
	})
}

// heldDocument returns the document that a room holds in memory, and the size of its compressed
// one.
func heldDocument(r *room) (state []byte, compressed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.doc.AppendState(nil), len(r.compressed.blob)
}

// TestDecompressFails shows that a room whose compressed document cannot be read is loaded anew,
// and does not count against Config.Rooms.
func TestDecompressFails(t *testing.T) {
	inWorld(t, Config{Rooms: 1}, func(w *world) {
		w.cfg().Compression = snapshot.Gzip
		a := w.joinSynced("r")
		a.types(0, strings.Repeat("text ", 1000))
		pass(time.Second)
		a.Leave()
		pass(11 * time.Second)
		r := a.room
		r.mu.Lock()
		if r.state != stateCompressed {
			t.Error("the room is not compressed")
		}
		r.compressed.blob = []byte("not a snapshot")
		r.mu.Unlock()
		_, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{})
		if !errors.Is(err, snapshot.ErrMagic) {
			t.Errorf("joined with %v", err)
		}
		if b := w.joinSynced("r"); b.room == r || !bytes.Equal(b.conn.state(), a.conn.state()) {
			t.Error("the room is not loaded anew")
		}
	})
}

// TestCrash shows that a panic in a room ends that room and not the process, and that the next join
// loads the durable document.
func TestCrash(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b, other := w.joinSynced("a"), w.joinSynced("a"), w.joinSynced("other")
		a.types(0, "text")
		pass(time.Second)
		broken := a.room
		want, _ := heldDocument(broken)
		broken.presence = awareness.Room{} // the next use of it panics
		state := protocol.Message{Kind: protocol.Awareness, Body: awarenessUpdate(stateEntry(5, 1, "{}"))}
		if err := a.Deliver(protocol.YWebsocket{}.Append(nil, state)); err != error(crashed) {
			t.Fatalf("error %v", err)
		}
		settle()
		if b.conn.closed() != CloseInternal || other.conn.closed() != 0 {
			t.Errorf("closed with %d, and in the other room with %d", b.conn.closed(), other.conn.closed())
		}
		c := w.joinSynced("a")
		if state, _ := heldDocument(c.room); c.room == broken || !bytes.Equal(state, want) {
			t.Error("the room was not loaded anew")
		}
		if out := w.out.String(); !strings.Contains(out, "room crashed") || !strings.Contains(out, "Receive") {
			t.Errorf("the log has no stack: %s", out)
		}
	})
}

// TestCrashOutsideOfDeliver shows that a panic in a room ends that room alone, on whatever
// goroutine it happens.
func TestCrashOutsideOfDeliver(t *testing.T) {
	for name, crash := range map[string]func(w *world, a *client){
		"another session": func(_ *world, a *client) {
			breakPeer(a)
			a.Become(Identity{ReadOnly: true})
		},
		"a journal that stands still": func(w *world, a *client) {
			w.store.appending.close()
			a.types(0, "x")
			settle()
			breakPeer(a)
			pass(time.Minute / 4)
			w.store.appending.open()
		},
		"a message that is too long": func(_ *world, a *client) {
			breakPeer(a)
			a.TooLong()
		},
		"a snapshot": func(w *world, a *client) {
			w.store.breakRoom("a")
			a.types(0, "x")
			pass(6 * time.Minute)
			w.store.breakRoom("")
		},
		"a protocol that is recognized": func(_ *world, a *client) { a.Switch(nil) },
		"a peer that joins": func(w *world, _ *client) {
			conn := new(memConn)
			p, err := w.Join(context.Background(), roomkey.MustParse("a"), conn, nil, Identity{})
			if err != nil {
				w.t.Fatal(err)
			}
			settle()
			if p.Leave(); conn.closed() != CloseInternal {
				w.t.Errorf("the peer was closed with %d", conn.closed())
			}
		},
		"a peer that leaves": func(_ *world, a *client) {
			a.presence = awareness.Peer{}
			a.Leave()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a, b, other := w.joinSynced("a"), w.joinSynced("a"), w.joinSynced("other")
				crash(w, a)
				settle()
				if b.conn.closed() != CloseInternal || other.conn.closed() != 0 || w.metrics.crashes.Get() != 1 {
					t.Errorf("closed with %d, and in the other room with %d", b.conn.closed(), other.conn.closed())
				}
				if c := w.joinSynced("a"); c.room == a.room {
					t.Error("the room was not loaded anew")
				}
			})
		})
	}
}

// TestCrashWhileLoading shows that a panic while a room is loaded ends that room alone, and refuses
// the joins that wait for it.
func TestCrashWhileLoading(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, other := w.joinSynced("a"), w.joinSynced("other")
		a.types(0, "text")
		pass(time.Second)
		a.Leave()
		pass(time.Hour) // the room is unloaded
		w.store.breakRoom("a")
		_, err := w.Join(context.Background(), roomkey.MustParse("a"), new(memConn), protocol.YWebsocket{}, Identity{})
		if err != error(crashed) || w.metrics.crashes.Get() != 1 || other.conn.closed() != 0 {
			t.Errorf("joined with %v, %d crashes, the other room closed with %d", err, w.metrics.crashes.Get(), other.conn.closed())
		}
		w.store.breakRoom("")
		if b := w.joinSynced("a"); !bytes.Equal(b.conn.state(), a.conn.state()) {
			t.Error("the room is not loaded as it was stored")
		}
	})
}

// breakPeer makes every encoding of a message for the peer panic.
func breakPeer(c *client) {
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	c.proto = nil
}
