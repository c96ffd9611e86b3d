package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

const (
	here  = `{"name":"A"}`
	moved = `{"name":"A","x":1}`
)

// TestNewcomersAreSentAllStates shows that a peer is sent all awareness states when it joins, and
// on request.
func TestNewcomersAreSentAllStates(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1, here), stateEntry(8, 3, moved)))
		b := w.join("r")
		settle()
		if got := lastStates(b.conn.take()); !maps.Equal(got, map[uint64]string{7: here, 8: moved}) {
			t.Errorf("on joining: %v", got)
		}
		b.sends(protocol.AwarenessRequest, nil)
		settle()
		if got := lastStates(b.conn.take()); !maps.Equal(got, map[uint64]string{7: here, 8: moved}) {
			t.Errorf("on request: %v", got)
		}
	})
}

// TestPresenceIsNotJournaledAndComesFirst shows that awareness states are not journaled, and that
// the newest is sent ahead of the update of the same flush.
func TestPresenceIsNotJournaledAndComesFirst(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1, here)))
		settle()
		if len(w.store.commits) > 0 {
			t.Error("presence was journaled")
		}
		b.conn.take()
		a.types(0, "a")
		for i := range uint64(5) {
			a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 2+i, fmt.Sprintf(`{"x":%d}`, i))))
		}
		pass(time.Second)
		if got := b.conn.take(); len(got) != 2 || got[0].Kind != protocol.Awareness || lastStates(got)[7] != `{"x":4}` {
			t.Errorf("got %v, want the newest state, then the update", got)
		}
	})
}

// TestAwarenessLimits shows which awareness updates are accepted, which of their states are kept,
// and which are counted as invalid.
func TestAwarenessLimits(t *testing.T) {
	var many []yjs.AwarenessEntry
	for i := range uint64(20_000) {
		many = append(many, stateEntry(i, 1, here))
	}
	longest, longer := `"`+strings.Repeat("x", 32<<10-2)+`"`, `"`+strings.Repeat("x", 32<<10-1)+`"`
	tests := []struct {
		name  string
		body  []byte
		known int
		bad   bool
	}{
		{"five of one connection", awarenessUpdate(many[:5]...), 5, false},
		{"six of one connection", awarenessUpdate(many[:6]...), 5, false},
		{"256 entries", awarenessUpdate(many[:256]...), 5, false},
		{"257 entries", awarenessUpdate(many[:257]...), 5, false},
		{"20,000 that have gone, and one", awarenessUpdate(append(slices.Repeat([]yjs.AwarenessEntry{stateEntry(9, 1, "")}, 20_000), many[0])...), 0, false},
		{"half a string", awarenessUpdate(stateEntry(1, 1, longest[1:])), 0, true},
		{"a state of 32 KiB", awarenessUpdate(stateEntry(1, 1, longest)), 1, false},
		{"a state of more", awarenessUpdate(stateEntry(1, 1, longer)), 0, false},
		{"a good one behind one of more", awarenessUpdate(stateEntry(1, 1, longer), stateEntry(2, 1, here)), 1, false},
		{"three of 32 KiB", awarenessUpdate(stateEntry(1, 1, longest), stateEntry(2, 1, longest), stateEntry(3, 1, longest)), 2, false},
		{"a good one before a bad one", awarenessUpdate(stateEntry(1, 1, here), stateEntry(2, 1, "{")), 0, true},
		{"a clock that leaves no room", awarenessUpdate(stateEntry(1, lib0.MaxSafeInteger, here)), 0, true},
		{"bytes after the end", append(awarenessUpdate(stateEntry(1, 1, here)), 0), 0, true},
		{"no entries", awarenessUpdate(), 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a, b := w.joinSynced("r"), w.joinSynced("r")
				a.sends(protocol.Awareness, tt.body)
				pass(time.Second)
				if got := lastStates(b.conn.take()); len(got) != tt.known {
					t.Errorf("%d states are known, want %d", len(got), tt.known)
				}
				if bad := a.conn.charged > 0; bad != tt.bad {
					t.Errorf("counted as invalid: %v, want %v", bad, tt.bad)
				}
			})
		})
	}
}
