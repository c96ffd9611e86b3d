package piececache

import (
	"bytes"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// world is a cache with a clock.
type world struct {
	*Cache
	size int
	now  time.Time
	age  time.Duration
}

func newWorld(limit int) *world {
	w := &world{now: time.Unix(1000, 0), age: time.Hour}
	w.Cache = New(limit, func() time.Duration { return w.age }, func(bytes int) { w.size = bytes })
	return w
}

// put stores a snapshot of a room's state of n bytes, which compresses, but not to nothing.
func (w *world) put(t *testing.T, room string, n int) {
	t.Helper()
	state := make([]byte, n)
	for i := range state {
		state[i] = byte(i * i >> (i % 7))
	}
	b, err := w.Append(nil, room, snapshot.Snapshot{Version: 1, State: state}, []int{n / 2}, snapshot.Gzip, w.now)
	if s, bad := snapshot.Decode(b, n); err != nil || bad != nil || !bytes.Equal(s.State, state) {
		t.Fatal("it is not the state that was put in", err, bad)
	}
	w.now = w.now.Add(time.Second)
}

// wantRooms fails unless the cache has pieces of exactly these rooms.
func (w *world) wantRooms(t *testing.T, rooms ...string) {
	t.Helper()
	size := 0
	for _, name := range rooms {
		e, ok := w.rooms.Peek(name)
		if !ok {
			t.Errorf("nothing is kept of %s", name)
			continue
		}
		size += e.pieces.Size()
	}
	if w.rooms.Len() != len(rooms) || w.bytes != size || w.size != size {
		t.Errorf("%d rooms are kept, want %d; %d bytes, want %d", w.rooms.Len(), len(rooms), w.bytes, size)
	}
}

// TestBounds shows that the cache keeps its bounds of bytes and of age, and that the pieces stay
// that were used last.
func TestBounds(t *testing.T) {
	measure := newWorld(1 << 20)
	measure.put(t, "any", MinState)
	each := measure.bytes
	tests := []struct {
		name  string
		limit int
		does  func(w *world)
		left  []string
	}{
		{"what fits stays", 3 * each, func(w *world) {}, []string{"a", "b"}},
		{"what was used last stays", 2*each + 1000, func(w *world) { w.put(t, "a", MinState); w.put(t, "c", MinState) }, []string{"a", "c"}},
		{"what alone is too much does not", each - 1, func(w *world) {}, nil},
		{"nothing is to be kept", -1, func(w *world) {}, nil},
		{"small ones are not kept", 3 * each, func(w *world) { w.put(t, "c", MinState-1) }, []string{"a", "b"}},
		{"nor what became small", 3 * each, func(w *world) { w.put(t, "a", MinState-1) }, []string{"b"}},
		{"what is dropped", 3 * each, func(w *world) { w.Drop("a"); w.Drop("unknown") }, []string{"b"}},
		{"the oldest go in time", 3 * each, func(w *world) { w.use("b", w.now.Add(time.Minute)); w.Expire(w.Due()) }, []string{"b"}},
		{"and not too early", 3 * each, func(w *world) { w.Expire(w.Due().Add(-1)) }, []string{"a", "b"}},
		{"all go in time", 3 * each, func(w *world) { w.Expire(w.now.Add(2 * time.Hour)) }, nil},
		{"all go earlier, as the age is shorter by now", 3 * each, func(w *world) {
			w.age = time.Minute
			w.Expire(w.now.Add(2 * time.Minute))
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(tt.limit)
			w.put(t, "a", MinState)
			w.put(t, "b", MinState)
			tt.does(w)
			w.wantRooms(t, tt.left...)
			if due := w.Due(); due.IsZero() != (len(tt.left) == 0) {
				t.Errorf("due at %v", due)
			}
		})
	}
}
