package engine

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// TestCompressedRoomsHaveBothNames shows that the metric of rooms whose document is compressed also
// has the name of the release before.
func TestCompressedRoomsHaveBothNames(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.cfg().Compression = snapshot.Gzip
		want := func(n float64) {
			t.Helper()
			for _, name := range []string{"realtime_compressed_rooms", "realtime_sealed_rooms"} {
				if got := w.metric(name); got != n {
					t.Errorf("%s is %v, want %v", name, got, n)
				}
			}
		}
		a := w.joinSynced("r")
		a.types(0, strings.Repeat("x", 1000))
		pass(w.cfg().Window)
		a.Leave()
		want(0)
		pass(2 * w.cfg().CompressAfter)
		want(1)
		w.joinSynced("r")
		want(0)
	})
}
