package engine

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestKeepHistory shows that what is deleted stays in a document where histories are kept, through
// snapshots and a restart, and that who joins then has it; and that it goes where they are not.
func TestKeepHistory(t *testing.T) {
	for _, keep := range []bool{false, true} {
		cfg := Config{KeepHistory: keep, SnapshotUpdates: 1, Grace: time.Second}
		inWorld(t, cfg, func(w *world) {
			a := w.joinSynced("r")
			a.types(0, strings.Repeat("council ", 2000))
			a.sends(protocol.Update, deleted(a.id, 10, 15_990))
			pass(time.Minute)
			a.types(16_000, "x") // a room that was held while its document was compacted saves that with the next change
			pass(time.Minute)
			a.Leave()
			pass(time.Minute)
			w.restart(cfg)
			b := w.joinSynced("r")
			if has := bytes.Contains(b.conn.state(), []byte("council council")); has != keep {
				t.Errorf("kept %v: who joins has what was deleted: %v", keep, has)
			}
			if n := w.metrics.compactionFailures.Get(); n != 0 {
				t.Errorf("%d compactions failed", n)
			}
		})
	}
}

// TestHistoryCounts shows that a document whose history is kept is full when that is: nothing is
// dropped to make room, and deleting goes on.
func TestHistoryCounts(t *testing.T) {
	for _, keep := range []bool{false, true} {
		inWorld(t, Config{KeepHistory: keep, DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
			a := w.joinSynced("r")
			a.types(0, strings.Repeat("x", 15_000))
			a.sends(protocol.Update, deleted(a.id, 0, 14_000))
			pass(time.Second)
			a.conn.take()
			a.types(15_000, strings.Repeat("y", 10_000))
			pass(10 * time.Second)
			if refused := countKind(a.conn.take(), protocol.Failure) > 0; refused != keep {
				t.Errorf("kept %v: refused %v", keep, refused)
			}
			a.sends(protocol.Update, deleted(a.id, 14_000, 500))
			pass(time.Minute)
			if a.room.compaction.version != 0 == keep || w.compactor.holds() != 0 {
				t.Errorf("kept %v: compacted at %d, %v bytes held", keep, a.room.compaction.version, w.compactor.holds())
			}
			if n := countKind(a.conn.take(), protocol.Failure); n != 0 {
				t.Errorf("kept %v: %d refusals of what deletes", keep, n)
			}
		})
	}
}
