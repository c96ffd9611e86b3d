package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

func larderOf(limit int) *larder {
	l := newLarder(limit, time.Hour, metrics.NewSet().NewGauge("bytes", nil))
	return &l
}

// put takes a snapshot of n bytes that do not compress to nothing, as a room's.
func (l *larder) put(t *testing.T, room string, n int) {
	t.Helper()
	state := make([]byte, n)
	for i := range state {
		state[i] = byte(i * i >> (i % 7))
	}
	b, err := l.append(nil, room, snapshot.Snapshot{Version: 1, State: state}, []int{n / 2}, snapshot.Gzip)
	if s, bad := snapshot.Decode(b, n); err != nil || bad != nil || !bytes.Equal(s.State, state) {
		t.Fatal("it is not what was taken", err, bad)
	}
}

// keeps fails unless the larder has exactly these rooms.
func (l *larder) keeps(t *testing.T, rooms ...string) {
	t.Helper()
	size := 0
	for _, name := range rooms {
		at := l.rooms[name]
		if at == nil {
			t.Errorf("nothing is kept of %s", name)
			continue
		}
		size += at.Value.(*kept).pieces.Size()
	}
	if len(l.rooms) != len(rooms) || l.used.Len() != len(rooms) || l.bytes != size || l.size.Get() != float64(size) {
		t.Errorf("%d rooms are kept, want %d; %d bytes, want %d", len(l.rooms), len(rooms), l.bytes, size)
	}
}

func TestLarder(t *testing.T) {
	measure := larderOf(1 << 20)
	measure.put(t, "any", keptFrom)
	each := measure.bytes
	tests := []struct {
		name  string
		limit int
		does  func(l *larder)
		left  []string
	}{
		{"what fits stays", 3 * each, func(l *larder) {}, []string{"a", "b"}},
		{"what was used last stays", 2*each + 1000, func(l *larder) { l.put(t, "a", keptFrom); l.put(t, "c", keptFrom) }, []string{"a", "c"}},
		{"what alone is too much does not", each - 1, func(l *larder) {}, nil},
		{"nothing is to be kept", -1, func(l *larder) {}, nil},
		{"small ones are not kept", 3 * each, func(l *larder) { l.put(t, "c", keptFrom-1) }, []string{"a", "b"}},
		{"nor what became small", 3 * each, func(l *larder) { l.put(t, "a", keptFrom-1) }, []string{"b"}},
		{"what is dropped", 3 * each, func(l *larder) { l.drop("a"); l.drop("unknown") }, []string{"b"}},
		{"the oldest go in time", 3 * each, func(l *larder) { l.use("b", time.Now().Add(time.Minute)); l.expire(l.due()) }, []string{"b"}},
		{"and not too early", 3 * each, func(l *larder) { l.expire(l.due().Add(-1)) }, []string{"a", "b"}},
		{"all go in time", 3 * each, func(l *larder) { l.expire(time.Now().Add(2 * time.Hour)) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := larderOf(tt.limit)
			l.put(t, "a", keptFrom)
			l.put(t, "b", keptFrom)
			tt.does(l)
			l.keeps(t, tt.left...)
			if due := l.due(); due.IsZero() != (len(tt.left) == 0) {
				t.Errorf("due at %v", due)
			}
		})
	}
}

// large has somebody write enough in a room for its pieces to be kept.
func (w *world) large(room string) *client {
	w.t.Helper()
	w.cfg.Compression = snapshot.Gzip
	c := w.greeted(room)
	for clock := uint64(0); clock < 80_000; clock += 10 {
		c.say(protocol.Update, inserted(c.id, clock, fmt.Sprintf("%010d", clock*clock%9_999_991)))
	}
	pass(20 * time.Second)
	return c
}

// inserted is text in the middle of what client wrote before, so that it stays a struct of its own.
func inserted(client, clock uint64, text string) []byte {
	if clock == 0 {
		return typed(client, clock, text)
	}
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client, Clock: clock})
	b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin), yjs.ID{Client: client, Clock: clock / 2})
	return append(lib0.AppendString(b, text), 0)
}

// kept is how much the gauge says is kept.
func (w *world) kept() float64 { return w.Engine.metrics.kept.Get() }

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
		{"sealed", Config{}, func(w *world, c *client) { c.Leave(); pass(11 * time.Second) }, false},
		{"unloaded before it is sealed", Config{Grace: time.Second}, func(w *world, c *client) { c.Leave(); pass(9 * time.Second) }, false},
		{"crashed, for a while", Config{}, func(w *world, c *client) { c.room.crash("on purpose"); pass(11 * time.Minute) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, tt.cfg, func(w *world) {
				c := w.large("r")
				if w.store.saves == 0 || w.kept() == 0 {
					t.Fatalf("%d saves, %v bytes kept", w.store.saves, w.kept())
				}
				if tt.until(w, c); (w.kept() > 0) != tt.kept {
					t.Errorf("%v bytes are kept", w.kept())
				}
				s, err := snapshot.Decode(w.store.snapshots["r"], 1<<20)
				if err != nil || len(s.State) < keptFrom {
					t.Errorf("what is stored has %d bytes, %v", len(s.State), err)
				}
			})
		})
	}
}

// TestSnapshotsOfPieces: what is stored is what the room has, each time, and after a restart.
func TestSnapshotsOfPieces(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 1, SnapshotMinInterval: time.Second}, func(w *world) {
		c := w.large("r")
		clock := uint64(80_000)
		for range 30 {
			saves := w.store.saves
			c.types(clock, strings.Repeat("y", 50))
			c.say(protocol.Update, deleted(c.id, clock/3, 7))
			clock += 50
			pass(3 * time.Second)
			want, _ := held(c.room)
			s, err := snapshot.Decode(w.store.snapshots["r"], 1<<20)
			if err != nil || !bytes.Equal(s.State, want) || w.store.saves == saves {
				t.Fatalf("%d bytes are stored, want %d, %v", len(s.State), len(want), err)
			}
		}
		want, _ := held(c.room)
		w.restart(Config{})
		if state, _ := held(w.greeted("r").room); !bytes.Equal(state, want) {
			t.Errorf("%d bytes came back, want %d", len(state), len(want))
		}
	})
}
