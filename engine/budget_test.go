package engine

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// quadraticUpdate is an update for whose integration Yjs compares each struct with each: n
// characters of one client, from the end to the start of a list, and n of another client, each of
// them concurrent with all of those and before another one.
func quadraticUpdate(n uint64) []byte {
	const first, second = 7001, 7000
	b := yjs.AppendID(lib0.AppendUvarint([]byte{2}, n), yjs.ID{Client: first})
	b = lib0.AppendString(lib0.AppendString(append(b, yjs.RefString, 1), "fan"), "x")
	for clock := uint64(1); clock < n; clock++ {
		b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin), yjs.ID{Client: first, Clock: clock - 1})
		b = lib0.AppendString(b, "x")
	}
	b = yjs.AppendID(lib0.AppendUvarint(b, n), yjs.ID{Client: second})
	for clock := range n {
		b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoRightOrigin), yjs.ID{Client: first, Clock: n - 1 - clock})
		b = lib0.AppendString(b, "y")
	}
	return append(b, 0)
}

// TestIntegrationBudget shows that the drafts of a document that takes more than
// Config.IntegrationSteps to read wait, which is logged once, while editing and snapshots go on.
func TestIntegrationBudget(t *testing.T) {
	inRecordWorld(t, Config{IntegrationSteps: 10_000, SnapshotUpdates: 1}, "a", func(w *recordWorld) {
		a := w.opens("ann")
		a.sends(protocol.Update, quadraticUpdate(400))
		a.writes("a b")
		b := w.joinWatcher("bob")
		pass(time.Minute)
		if n := w.counter("realtime_draft_saves_total"); n != 0 || w.records.saveAttempts() != 0 {
			t.Fatalf("%d drafts saved: the document is not as costly as it should be", n)
		}
		b.wantNotices(noticeNotSaved)
		if n := strings.Count(w.out.String(), "takes too many steps to read"); n != 1 {
			t.Errorf("%d lines logged", n)
		}
		s, err := snapshot.Decode(w.store.snapshots[a.room.name], 1<<20)
		state, _ := heldDocument(a.room)
		if err != nil || !bytes.Equal(s.State, state) {
			t.Errorf("%v, a snapshot of %d bytes for a document of %d", err, len(s.State), len(state))
		}

		tried, failed := w.metrics.overBudget.Get(), w.counter("realtime_draft_save_failures_total")
		pass(10 * time.Minute)
		if n := w.metrics.overBudget.Get() - tried; n > 0 || w.counter("realtime_draft_save_failures_total") == failed {
			t.Errorf("read again %d times though it had not changed", n)
		}
		a.writes("a b c")
		if got := w.opens("carol").shownText(); got != "a b c" {
			t.Errorf("a peer that joins then reads %q", got)
		}
		pass(time.Minute)
		if w.metrics.overBudget.Get() == tried {
			t.Error("not read again though it had changed")
		}
	})
}
