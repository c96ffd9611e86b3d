package engine

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestKeepHistory shows that deleted content stays in a document through snapshots and a restart if
// KeepHistory is set, and is dropped otherwise.
func TestKeepHistory(t *testing.T) {
	for _, keep := range []bool{false, true} {
		cfg := Config{KeepHistory: keep, SnapshotUpdates: 1, Grace: time.Second}
		inWorld(t, cfg, func(w *world) {
			a := w.joinSynced("r")
			a.types(0, strings.Repeat("council ", 2000))
			a.sends(protocol.Update, deleted(a.id, 10, 15_990))
			pass(time.Minute)
			a.types(16_000, "x") // applies a compaction during which the room was locked
			pass(time.Minute)
			a.Leave()
			pass(time.Minute)
			w.restart(cfg)
			b := w.joinSynced("r")
			if has := bytes.Contains(b.conn.state(), []byte("council council")); has != keep {
				t.Errorf("KeepHistory %v: a peer that joins has the deleted content: %v", keep, has)
			}
			if n := w.metrics.compactionFailures.Get(); n != 0 {
				t.Errorf("%d compactions failed", n)
			}
		})
	}
}

// TestHistoryCounts shows that with KeepHistory deleted content counts towards the size of a
// document: none of it is dropped to make room, and deletions are still accepted.
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
				t.Errorf("KeepHistory %v: refused %v", keep, refused)
			}
			a.sends(protocol.Update, deleted(a.id, 14_000, 500))
			pass(time.Minute)
			if a.room.compaction.version != 0 == keep || w.compactor.holds() != 0 {
				t.Errorf("KeepHistory %v: compacted at %d, %v bytes held", keep, a.room.compaction.version, w.compactor.holds())
			}
			if n := countKind(a.conn.take(), protocol.Failure); n != 0 {
				t.Errorf("KeepHistory %v: %d deletions refused", keep, n)
			}
		})
	}
}
