package awareness

import (
	"testing"
	"time"
)

// TestGuestReconnectsBesideHalfOpenConnection shows that a guest which reconnects gets its client
// id when its half-open connection does not answer in time, or at once when that ends.
func TestGuestReconnectsBesideHalfOpenConnection(t *testing.T) {
	for _, wait := range []time.Duration{4 * time.Second, time.Second} {
		w := newWorld(t, Config{})
		b := w.join("max")
		old := w.join("")
		old.send(entry(7, 1, here))
		w.pass(time.Second)
		back := w.join("")
		back.send(entry(7, 2, `{"x":1}`))
		back.send(entry(7, 3, `{"x":2}`))
		w.pass(wait)
		if got := b.states()[7]; wait > takeoverTimeout && got != `{"x":2}` {
			t.Errorf("others see %s", got)
		}
		old.leave()
		w.pass(time.Second)
		if got, sent := b.states()[7]; wait > takeoverTimeout && sent || wait < takeoverTimeout && got != `{"x":2}` {
			t.Errorf("others are sent %q when the connection has ended", got)
		}
		back.send(entry(7, 9, `{"x":3}`))
		w.pass(time.Second)
		if got := b.states()[7]; got != `{"x":3}` {
			t.Errorf("others see %s", got)
		}
		back.leave()
		w.pass(time.Second)
		if got := b.states()[7]; got != "null" || len(w.room.takeovers) > 0 {
			t.Errorf("others are sent %s; %d takeovers wait", got, len(w.room.takeovers))
		}
	}
}

// TestGuestThatAnswersKeepsItsID shows that a guest that answers the query keeps its client id, and
// that one which did not answer can take it back.
func TestGuestThatAnswersKeepsItsID(t *testing.T) {
	w := newWorld(t, Config{})
	victim := w.join("")
	victim.send(entry(7, 5, here))
	w.pass(time.Minute / 4)
	thief := w.join("")
	thief.send(entry(7, 1<<31, moved))
	if victim.queries != 1 {
		t.Errorf("it is asked %d times", victim.queries)
	}
	victim.send(entry(7, 5, here))
	w.pass(10 * time.Second)
	victim.send(entry(7, 7, here))
	w.pass(time.Second)
	if s := w.room.states[7]; s.owner != &victim.Peer || string(s.json()) != here {
		t.Error("replaced")
	}
	thief.send(entry(7, 1<<31+1, ""))
	thief.send(entry(7, 1<<31+1, moved))
	w.pass(4 * time.Second)
	victim.send(entry(7, 1<<31+3, here))
	thief.send(entry(7, 1<<31+9, moved))
	victim.send(entry(7, 1<<31+10, here))
	w.pass(4 * time.Second)
	if s := w.room.states[7]; s.owner != &victim.Peer || string(s.json()) != here {
		t.Error("it does not get its id back")
	}
	thief.send(entry(7, 1<<31+20, moved))
	thief.leave()
	if n := len(w.room.takeovers); n > 0 {
		t.Errorf("%d takeovers wait", n)
	}
}
