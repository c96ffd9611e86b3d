package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// caret says that c's is somewhere else.
func (c *client) movesCaret(clock uint64) {
	c.w.t.Helper()
	state := moved
	if clock%2 == 0 {
		state = here
	}
	c.sends(protocol.Awareness, awarenessUpdate(stateEntry(c.id, clock, state)))
	settle()
}

// TestPresenceWaitsForCompany follows a caret in a room where people write, have written of late,
// and do not any more.
func TestPresenceWaitsForUpdates(t *testing.T) {
	const ms = time.Millisecond
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.movesCaret(1)
		b.wantMessages("in a quiet room it waits for nothing", protocol.Awareness)

		pass(30 * ms) // 30
		a.movesCaret(2)
		pass(111 * ms) // 141
		b.wantMessages("within a window of the news, though the last flush was longer ago")
		pass(ms) // 142
		b.wantMessages("when it is over", protocol.Awareness)

		pass(58 * ms) // 200
		a.movesCaret(3)
		pass(5 * ms) // 205
		a.types(0, "x")
		pass(36 * ms) // 241
		b.wantMessages("within the window")
		pass(ms) // 242
		b.wantMessages("an update brings it forward, and comes behind it", protocol.Awareness, protocol.Update)

		pass(18 * ms) // 260
		a.movesCaret(4)
		pass(85 * ms) // 345
		b.wantMessages("while nobody writes")
		a.types(1, "x")
		settle()
		b.wantMessages("with an update that waits for nothing", protocol.Awareness, protocol.Update)

		pass(496 * ms) // the flush counts for that of 342
		a.movesCaret(5)
		b.wantMessages("almost five windows after a flush")
		pass(120 * ms)
		b.wantMessages("in time", protocol.Awareness)
		pass(500 * ms)
		a.movesCaret(6)
		b.wantMessages("in a room that has become quiet", protocol.Awareness)
	})
}

// TestComingAndGoingWaitForCompany: in a room where people have written of late others see who
// comes and goes in a window.
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

// TestToldMeanwhile: presence that came while an update was on its way to the journal is told with
// that, and takes nobody's window.
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
