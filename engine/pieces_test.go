package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/piececache"
)

// joinLarge joins a room and types so much that the pieces of its snapshot are kept.
func (w *world) joinLarge(room string) *client {
	w.t.Helper()
	w.cfg().Compression = snapshot.Gzip
	c := w.joinSynced(room)
	for clock := uint64(0); clock < 80_000; clock += 10 {
		c.sends(protocol.Update, insertionInside(c.id, clock, fmt.Sprintf("%010d", clock*clock%9_999_991)))
	}
	pass(20 * time.Second)
	return c
}

// insertionInside is an update that inserts text in the middle of the client's text, so that it
// stays a struct of its own.
func insertionInside(client, clock uint64, text string) []byte {
	if clock == 0 {
		return typed(client, clock, text)
	}
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client, Clock: clock})
	b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin), yjs.ID{Client: client, Clock: clock / 2})
	return append(lib0.AppendString(b, text), 0)
}

// keptBytes returns the gauge of kept pieces.
func (w *world) keptBytes() float64 { return w.Engine.metrics.kept.Get() }

// TestPiecesOfRooms shows that the compressed pieces of a room are kept while it is saved from time
// to time, and dropped when it is compressed, unloaded or not saved for long.
func TestPiecesOfRooms(t *testing.T) {
	tests := []struct {
		name  string
		cfg   Config
		until func(w *world, c *client)
		kept  bool
	}{
		{"saved", Config{}, func(*world, *client) {}, true},
		{"saved again", Config{}, func(w *world, c *client) { c.types(80_000, "x"); pass(301 * time.Second) }, true},
		{"not saved for a while", Config{}, func(w *world, c *client) { pass(10*time.Minute + time.Second) }, false},
		{"and saved after that", Config{}, func(w *world, c *client) { pass(11 * time.Minute); c.types(80_000, "x"); pass(301 * time.Second) }, true},
		{"left, for a moment", Config{}, func(w *world, c *client) { c.Leave(); pass(9 * time.Second) }, true},
		{"compressed", Config{}, func(w *world, c *client) { c.Leave(); pass(11 * time.Second) }, false},
		{"unloaded before it is compressed", Config{Grace: time.Second}, func(w *world, c *client) { c.Leave(); pass(9 * time.Second) }, false},
		{"crashed, for a while", Config{}, func(w *world, c *client) { c.room.crash("on purpose"); pass(11 * time.Minute) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, tt.cfg, func(w *world) {
				c := w.joinLarge("r")
				if w.store.saves == 0 || w.keptBytes() == 0 {
					t.Fatalf("%d saves, %v bytes kept", w.store.saves, w.keptBytes())
				}
				if tt.until(w, c); (w.keptBytes() > 0) != tt.kept {
					t.Errorf("%v bytes are kept", w.keptBytes())
				}
				s, err := snapshot.Decode(w.store.snapshots["r"], 1<<20)
				if err != nil || len(s.State) < piececache.MinState {
					t.Errorf("the snapshot has %d bytes, %v", len(s.State), err)
				}
			})
		})
	}
}

// TestSnapshotsOfPieces shows that snapshots made of kept pieces are the room's document, also
// after a restart.
func TestSnapshotsOfPieces(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 1, SnapshotMinInterval: time.Second}, func(w *world) {
		c := w.joinLarge("r")
		clock := uint64(80_000)
		for range 30 {
			saves := w.store.saves
			c.types(clock, strings.Repeat("y", 50))
			c.sends(protocol.Update, deleted(c.id, clock/3, 7))
			clock += 50
			pass(3 * time.Second)
			want, _ := heldDocument(c.room)
			s, err := snapshot.Decode(w.store.snapshots["r"], 1<<20)
			if err != nil || !bytes.Equal(s.State, want) || w.store.saves == saves {
				t.Fatalf("the snapshot has %d bytes, want %d, %v", len(s.State), len(want), err)
			}
		}
		want, _ := heldDocument(c.room)
		w.restart(Config{})
		if state, _ := heldDocument(w.joinSynced("r").room); !bytes.Equal(state, want) {
			t.Errorf("the document has %d bytes after a restart, want %d", len(state), len(want))
		}
	})
}
