package engine

import (
	"strings"
	"testing"
	"time"
)

// TestRenderingsOfRooms shows that the Markdown of a document's blocks is kept while people write,
// and dropped when they have left or none of it was used for long.
func TestRenderingsOfRooms(t *testing.T) {
	kept := func(w *recordWorld) float64 { return w.metric("realtime_draft_kept_bytes") }
	tests := []struct {
		name    string
		act     func(w *recordWorld, a *client)
		dropped bool
	}{
		{"while somebody is there", func(*recordWorld, *client) { pass(time.Minute) }, false},
		{"when all have left and it is compressed", func(_ *recordWorld, a *client) {
			a.Leave()
			pass(time.Minute)
			r := a.room
			r.mu.Lock()
			blob := encodeSnapshot(r.doc.AppendState(nil), nil)
			r.mu.Unlock()
			if !r.compressTo(blob, snapshotPoint{version: r.version, generation: r.record.Generation()}, len(blob)+1) {
				t.Error("the document is not compressed")
			}
		}, true},
		{"when nobody has written for long", func(*recordWorld, *client) { pass(time.Hour) }, true},
	}
	long := strings.Repeat("A paragraph of a record.\n\n", 100)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{RecordPoll: -1}, long+"a", func(w *recordWorld) {
				a := w.opens("ann")
				a.writes(long + "a text")
				pass(time.Minute)
				if kept(w) == 0 {
					t.Fatal("nothing is kept after a draft")
				}
				tt.act(w, a)
				if got := kept(w); (got == 0) != tt.dropped {
					t.Errorf("%g bytes are kept", got)
				}
			})
		})
	}
	inRecordWorld(t, Config{Grace: time.Minute}, "a", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("a text")
		pass(time.Minute)
		was := kept(w)
		a.Leave()
		pass(2 * time.Minute)
		if was == 0 || kept(w) != 0 || w.metrics.rooms.Get() != 0 {
			t.Errorf("%g bytes were kept, %g after the room was unloaded", was, kept(w))
		}
	})
	inRecordWorld(t, Config{Drafts: Drafts{KeptBytes: -1}}, "a", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("a text")
		pass(time.Minute)
		a.writes("a text, more")
		pass(time.Minute)
		if kept(w) != 0 || len(w.records.saved()) != 2 {
			t.Errorf("%g bytes are kept, %d drafts", kept(w), len(w.records.saved()))
		}
	})
}
