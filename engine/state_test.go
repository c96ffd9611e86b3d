package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestRoomStates shows the states that a room goes through from its first join until it is
// unloaded.
func TestRoomStates(t *testing.T) {
	inWorld(t, Config{Grace: time.Hour}, func(w *world) {
		w.cfg().Compression = snapshot.Gzip
		a := w.joinSynced("r")
		r := w.roomMap.find(roomkey.MustParse("r"))
		is := func(when string, want roomState) {
			t.Helper()
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.state != want {
				t.Errorf("%s: state %d, want %d", when, r.state, want)
			}
			if compressed := r.compressed.blob != nil; r.state != stateGone && compressed != (want == stateCompressed) {
				t.Errorf("%s: %d bytes compressed", when, len(r.compressed.blob))
			}
		}
		is("joined", stateLive)
		a.types(0, string(make([]byte, 10_000)))
		pass(time.Second)
		a.Leave()
		is("left", stateIdle)
		pass(w.cfg().CompressAfter)
		is("left long ago", stateCompressed)
		b := w.joinSynced("r")
		is("joined again", stateLive)
		b.Leave()
		is("left again", stateIdle)
		pass(w.cfg().Grace)
		is("unloaded", stateGone)
		if n := w.metrics.compressed.Get(); n != 0 {
			t.Errorf("%v rooms are compressed", n)
		}
	})
}
