package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

const (
	cursorAt = `{"type":"presence","event":"cursor","cursor":{"position":%d}}`
	atOne    = `{"position":1}`
	atTwo    = `{"position":2}`
)

// cursorsOf returns the last cursor of each user in messages. It fails if one follows its user's
// "left", or is missing or null.
func cursorsOf(t *testing.T, got []jsonMessage) map[string]string {
	t.Helper()
	last, left := map[string]string{}, map[string]bool{}
	for _, m := range got {
		switch m.Event {
		case "left":
			left[m.User.ID] = true
		case "cursor":
			if left[m.User.ID] || string(m.Cursor) == "null" || len(m.Cursor) == 0 {
				t.Errorf("cursor %s of %s, after left: %v", m.Cursor, m.User.ID, left[m.User.ID])
			}
			last[m.User.ID] = string(m.Cursor)
		}
	}
	return last
}

// TestNoCursorAfterLeft shows that no cursor message lacks a cursor or follows its user's "left":
// the specification's client reads cursor.position of each.
func TestNoCursorAfterLeft(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b, y := w.joinJSON("r", ann), w.joinJSON("r", bob), w.joinAs("r", "cas")
		y.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1, `{"cursor":{"anchor":null}}`)))
		b.sendsJSON(cursorAt, 1)
		pass(time.Second)
		y.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 3, `{"cursor":null}`)))
		pass(time.Second)
		if got := cursorsOf(t, a.conn.take()); got["cas"] != "{}" || got["bob"] != atOne {
			t.Errorf("%v", got)
		}
		y.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 5, `{"cursor":{"anchor":null}}`)))
		pass(time.Second)
		b.Leave()
		y.Leave()
		pass(time.Second)
		left := 0
		got := a.conn.take()
		cursorsOf(t, got)
		for _, m := range got {
			if m.Event == "left" {
				left++
			}
		}
		if left != 2 {
			t.Errorf("%d have left", left)
		}
	})
}

// TestOneCursorOfAUser shows that the cursor of a user's other connection is sent when one
// withdraws its cursor or ends.
func TestOneCursorOfAUser(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinJSON("r", ann)
		first, second := w.joinJSON("r", bob), w.joinJSON("r", bob)
		first.sendsJSON(cursorAt, 1)
		pass(time.Second)
		second.sendsJSON(cursorAt, 2)
		pass(time.Second)
		if got := cursorsOf(t, a.conn.take()); got["bob"] != atTwo {
			t.Errorf("both: %v", got)
		}
		a.sendsJSON(`{"type":"presence","event":"joined"}`)
		pass(time.Second)
		if got := cursorsOf(t, a.conn.take()); got["bob"] != atTwo {
			t.Errorf("asked: %v", got)
		}
		second.sendsJSON(`{"type":"presence","event":"left"}`)
		pass(time.Second)
		if got := cursorsOf(t, a.conn.take()); got["bob"] != atOne {
			t.Errorf("one has withdrawn its cursor: %v", got)
		}
		second.sendsJSON(cursorAt, 2)
		pass(time.Second)
		a.conn.take()
		second.Leave()
		pass(time.Second)
		if got := cursorsOf(t, a.conn.take()); got["bob"] != atOne {
			t.Errorf("one has gone: %v", got)
		}
		if late := w.joinJSON("r", Identity{ID: "cas"}); cursorsOf(t, late.conn.take())["bob"] != atOne {
			t.Error("a peer that joins is sent no cursor")
		}
	})
}

// TestJoinedKeepsCursors shows that a client that sends "joined" keeps its cursor, and is sent
// those of others.
func TestJoinedKeepsCursors(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		earlier := w.joinJSON("r", ann)
		earlier.sendsJSON(cursorAt, 9)
		pass(time.Second)
		earlier.Leave()
		a.sendsJSON(cursorAt, 1)
		b.sendsJSON(cursorAt, 2)
		pass(time.Second)
		a.conn.take()
		b.conn.take()
		a.sendsJSON(`{"type":"presence","event":"joined"}`)
		b.sendsJSON(`{"type":"presence","event":"joined"}`)
		pass(time.Second)
		if got := cursorsOf(t, a.conn.take()); len(got) != 1 || got["bob"] != atTwo {
			t.Errorf("ann is sent %v", got)
		}
		if got := cursorsOf(t, b.conn.take()); len(got) != 1 || got["ann"] != atOne {
			t.Errorf("bob is sent %v", got)
		}
	})
}

// TestCursorTakenOver shows that a guest that comes back before its old connection has ended has
// one cursor.
func TestCursorTakenOver(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, old := w.joinJSON("r", ann), w.join("r")
		old.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1, `{"cursor":{"position":1}}`)))
		pass(time.Second)
		a.conn.take()
		back := w.join("r")
		back.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 2, `{"cursor":{"position":2}}`)))
		pass(4 * time.Second)
		got := cursorsOf(t, a.conn.take())
		if got[old.presence.UserID()] != "{}" || got[back.presence.UserID()] != atTwo {
			t.Errorf("%v", got)
		}
	})
}
