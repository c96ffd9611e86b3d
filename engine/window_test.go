package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// movesCaret sends an awareness state with another caret.
func (c *client) movesCaret(clock uint64) {
	c.w.t.Helper()
	state := moved
	if clock%2 == 0 {
		state = here
	}
	c.sends(protocol.Awareness, awarenessUpdate(stateEntry(c.id, clock, state)))
	settle()
}

// TestPresenceWaitsForUpdates shows when a caret is sent: at once in a quiet room, and in one that
// had an update in the last five windows with the next update, or a window later.
func TestPresenceWaitsForUpdates(t *testing.T) {
	const ms = time.Millisecond
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.movesCaret(1)
		b.wantMessages("at once in a quiet room", protocol.Awareness)

		pass(30 * ms) // at 30 ms
		a.movesCaret(2)
		pass(111 * ms) // at 141 ms
		b.wantMessages("within a window after the caret, though the last flush was longer ago")
		pass(ms) // at 142 ms
		b.wantMessages("when it is over", protocol.Awareness)

		pass(58 * ms) // at 200 ms
		a.movesCaret(3)
		pass(5 * ms) // at 205 ms
		a.types(0, "x")
		pass(36 * ms) // at 241 ms
		b.wantMessages("within the window")
		pass(ms) // at 242 ms
		b.wantMessages("an update takes it along, behind it", protocol.Awareness, protocol.Update)

		pass(18 * ms) // at 260 ms
		a.movesCaret(4)
		pass(85 * ms) // at 345 ms
		b.wantMessages("while nobody writes")
		a.types(1, "x")
		settle()
		b.wantMessages("with an update that waits for nothing", protocol.Awareness, protocol.Update)

		pass(496 * ms) // the flush counts as one at 342 ms
		a.movesCaret(5)
		b.wantMessages("almost five windows after a flush")
		pass(120 * ms)
		b.wantMessages("in time", protocol.Awareness)
		pass(500 * ms)
		a.movesCaret(6)
		b.wantMessages("in a room that has become quiet", protocol.Awareness)
	})
}

// TestJoinAndLeaveWaitForUpdates shows that joins and leaves are sent a window later in a room that
// had an update of late.
func TestJoinAndLeaveWaitForUpdates(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, y := w.joinJSON("r", ann), w.joinSynced("r")
		y.types(0, "x")
		pass(time.Millisecond)
		a.conn.take()
		y.conn.take()
		b := w.joinJSON("r", bob)
		pass(100 * time.Millisecond)
		a.wantMessages("so soon")
		y.wantMessages("so soon")
		pass(22 * time.Millisecond)
		a.wantMessages("bob comes", "presence/joined", "presence/awareness")
		y.wantMessages("bob comes", protocol.Awareness)
		b.Leave()
		pass(100 * time.Millisecond)
		a.wantMessages("so soon")
		y.wantMessages("so soon")
		pass(20 * time.Millisecond)
		a.wantMessages("bob goes", "presence/left", "presence/awareness")
		y.wantMessages("bob goes", protocol.Awareness)
	})
}

// TestPresenceDuringCommit shows that presence that comes while an update is being committed is
// sent with it, and does not begin a window.
func TestPresenceDuringCommit(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		w.store.appending.close()
		a.types(0, "x")
		pass(time.Millisecond)
		a.movesCaret(1)
		w.store.appending.open()
		settle()
		b.wantMessages("together", protocol.Awareness, protocol.Update)
		pass(150 * time.Millisecond)
		a.types(1, "x")
		settle()
		b.wantMessages("at once", protocol.Update)
	})
}
