package engine

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/logsample"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// syncMessage is a message with an update, and the version that its sender has seen.
func syncMessage(version int, update []byte) string {
	return fmt.Sprintf(`{"type":"sync","version":%d,"update":%q}`, version, base64.StdEncoding.EncodeToString(update))
}

// TestVersionMismatch shows that a version mismatch is sent, logged and counted with its reason.
func TestVersionMismatch(t *testing.T) {
	for _, tt := range []struct {
		name, message string
		why           conflict
		wants         []string
	}{
		{"something is missing", syncMessage(0, typed(1, 5, "x")), lacksUpdate, []string{"control/error", "control/room_state"}},
		{"a deletion of what is missing", syncMessage(0, deleted(1, 5, 2)), lacksUpdate, []string{"control/error", "control/room_state"}},
		{"ahead of the server", syncMessage(9, typed(1, 0, "x")), versionAhead, []string{"control/error", "control/room_state", "control/ack"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a := w.joinJSON("r", ann)
				a.conn.take()
				a.sendsJSON("%s", tt.message)
				pass(time.Second)
				got := a.wantMessages("then", tt.wants...)
				if got[0].Error.Code != protocol.CodeVersionMismatch || got[0].Error.Message != conflictTexts[tt.why] {
					t.Errorf("%+v", got[0])
				}
				if n, all := w.metrics.mismatches[tt.why].Get(), w.metrics.resyncs.Get(); n != 1 || all != 1 {
					t.Errorf("%d counted, %d resyncs", n, all)
				}
				for _, text := range []string{"level=INFO", "version conflict", "room=r", "user=ann", "reason=" + conflictNames[tt.why]} {
					if !strings.Contains(w.out.String(), text) {
						t.Errorf("no %q in the log: %s", text, w.out.String())
					}
				}
			})
		})
	}
}

// TestConflictsAreSampled shows that missing updates of y-websocket clients are counted and logged
// as well, with a bound on lines a minute.
func TestConflictsAreSampled(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		for range 20 {
			w.join("r").sends(protocol.Update, typed(1, 5, "x"))
			pass(2 * time.Second)
		}
		if n := strings.Count(w.out.String(), "version conflict"); n != logsample.LinesPerMinute || w.metrics.mismatches[lacksUpdate].Get() != 20 {
			t.Errorf("%d lines, %d counted", n, w.metrics.mismatches[lacksUpdate].Get())
		}
		pass(time.Minute)
		if !strings.Contains(w.out.String(), "omitted=10") {
			t.Errorf("log: %s", w.out.String())
		}
		w.join("r").sends(protocol.Update, typed(1, 5, "x"))
		pass(2 * time.Minute)
		if n := strings.Count(w.out.String(), "version conflict"); n != logsample.LinesPerMinute+2 {
			t.Errorf("%d lines: %s", n, w.out.String())
		}
	})
}

// TestNoMismatchWhenNothingIsMissing shows that a client whose versions are ahead is sent at most
// one mismatch if nothing is missing, and that all of its updates are acknowledged.
func TestNoMismatchWhenNothingIsMissing(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinJSON("r", ann)
		a.conn.take()
		for i := range 5 { // the version after the update, as clients may count
			a.sendsJSON("%s", syncMessage(i+1, typed(1, uint64(i), "x")))
			pass(time.Second)
			a.wantMessages("counted by the client", "control/ack")
		}
		a.sendsJSON("%s", syncMessage(50, typed(1, 5, "x")))
		pass(time.Second)
		a.wantMessages("once", "control/error", "control/room_state", "control/ack")
		for i := range 5 {
			a.sendsJSON("%s", syncMessage(51+i, typed(1, 6+uint64(i), "x")))
			pass(time.Minute)
			a.wantMessages("and never again", "control/ack")
		}
		if n := w.metrics.mismatches[versionAhead].Get(); n != 1 {
			t.Errorf("%d counted", n)
		}
	})
}

// TestOtherClientsUpdateIsMissing shows that a client that was to be asked again is not, once its
// own updates are complete, although another client's are not.
func TestOtherClientsUpdateIsMissing(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		pass(time.Second)
		a.conn.take()
		b.sendsJSON("%s", syncMessage(0, typed(2, 5, "x")))
		for n := range uint64(2) {
			a.sendsJSON("%s", syncMessage(0, typed(1, 1+2*n, "x")))
			settle()
			a.sendsJSON("%s", syncMessage(0, typed(1, 2*n, "x")))
			settle()
		}
		pass(time.Minute)
		mismatches := 0
		for _, m := range a.conn.take() {
			if m.name() == "control/error" {
				mismatches++
			}
		}
		if mismatches != 1 || a.room.doc.PendingSize() == 0 {
			t.Errorf("%d mismatches, want the first alone", mismatches)
		}
	})
}

// TestDroppedIsNoMismatch shows that all peers are asked when pending updates are dropped, and that
// only the sender of too many is sent a mismatch.
func TestDroppedIsNoMismatch(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		pass(time.Second)
		b.conn.take()
		for clock := uint64(1); w.metrics.pendingDrops.Get() == 0; clock += ydoc.MaxPending / 8 {
			a.sendsJSON("%s", syncMessage(0, typed(99, clock, strings.Repeat("x", ydoc.MaxPending/8-1))))
		}
		pass(10 * time.Second)
		b.wantMessages("the other", "control/room_state", "presence/awareness")
	})
}
