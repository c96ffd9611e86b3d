package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestSettled shows that a welcome counts those updates of its peer as settled that were
// acknowledged before it, or never are, so that the others are exactly those whose Acks follow.
func TestSettled(t *testing.T) {
	lock := func(w *world, locked bool) {
		w.t.Helper()
		w.Lock(roomkey.MustParse("r"), locked)
	}
	for name, test := range map[string]struct {
		sends   func(w *world, a *native)
		settled uint64
		acks    uint64 // after the last welcome
	}{
		"nothing was sent": {func(*world, *native) {}, 0, 0},
		"merged, and not durable yet": {func(w *world, a *native) {
			a.types(1, 0, "x")
			a.sendsJSON("%s", syncMessage(9, typed(1, 1, "x")))
		}, 0, 2},
		"durable": {func(w *world, a *native) {
			a.types(1, 0, "x")
			pass(time.Second)
			a.sendsJSON("%s", syncMessage(9, typed(1, 1, "x")))
		}, 1, 1},
		"it waits for another": {func(w *world, a *native) {
			a.types(1, 0, "x")
			a.types(1, 2, "x")
		}, 1, 1},
		"refused, and one after it is not": {func(w *world, a *native) {
			a.types(1, 0, "x")
			pass(time.Second)
			lock(w, true)
			a.types(1, 1, "x")
			lock(w, false)
			a.sendsJSON("%s", syncMessage(0, deleted(1, 0, 1)))
		}, 2, 1},
		"too long": {func(w *world, a *native) {
			a.types(1, 0, "x")
			a.TooLong()
		}, 1, 1},
		"the store does not work": {func(w *world, a *native) {
			a.types(1, 0, "x")
			pass(time.Second)
			w.store.failAppend(errStore)
			a.types(1, 1, "x")
			pass(5 * time.Second)
			a.types(1, 2, "x")
			a.sendsJSON("%s", syncMessage(0, typed(1, 9, "x")))
			pass(5 * time.Second)
			w.store.failAppend(nil)
		}, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a := w.joinJSON("r", ann)
				test.sends(w, a)
				pass(time.Minute)
				var settled, acks uint64
				for _, m := range a.conn.take() {
					switch m.name() {
					case "control/room_state":
						settled, acks = m.Room.Settled, 0
					case "control/ack":
						acks += m.Count
					}
				}
				if settled != test.settled || acks != test.acks {
					t.Errorf("%d are settled and %d acknowledged later, want %d and %d", settled, acks, test.settled, test.acks)
				}
			})
		})
	}
}

// TestWelcomeAfterAnUpdateWaited shows that a client whose update waited for a missing part, which
// came meanwhile, is sent a welcome that counts it as settled, and no conflict.
func TestWelcomeAfterAnUpdateWaited(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinJSON("r", ann)
		a.conn.take()
		a.types(1, 1, "x")
		a.wantMessages("something is missing", "control/error", "control/room_state")
		a.types(1, 2, "x")   // was on its way
		a.types(1, 0, "xxx") // the answer
		pass(time.Minute)
		got := a.wantMessages("merged", "sync", "control/ack", "control/room_state")
		if got[1].Count != 1 || got[2].Room.Settled != 3 {
			t.Errorf("%d acknowledged, %d settled", got[1].Count, got[2].Room.Settled)
		}
	})
}
