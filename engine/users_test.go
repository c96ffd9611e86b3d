package engine

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/awareness"
)

// TestUsersComeAndGo shows that native clients are sent "joined" and "left" once for a user,
// whatever the number of its connections.
func TestUsersComeAndGo(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinJSON("r", ann)
		pass(time.Second)
		a.conn.take()
		b := w.joinJSON("r", bob)
		pass(time.Second)
		joined := a.wantMessages("bob comes", "presence/joined", "presence/awareness")[0]
		if joined.User.ID != "bob" || joined.User.Name != "Bob B." || joined.User.Color != awareness.Known("bob", "").Color {
			t.Errorf("%+v", joined.User)
		}
		again := w.joinJSON("r", bob)
		pass(time.Second)
		a.wantMessages("bob comes again", "presence/awareness")
		b.Leave()
		pass(time.Second)
		a.wantMessages("bob leaves once", "presence/awareness")
		again.Leave()
		pass(time.Second)
		if left := a.wantMessages("bob leaves", "presence/left", "presence/awareness")[0]; left.User.ID != "bob" {
			t.Errorf("%+v", left)
		}
		c := w.joinAs("r", "eve")
		pass(time.Second)
		if got := a.wantMessages("a y-websocket client comes", "presence/joined")[0]; got.User.ID != "eve" || got.User.Name != "eve" {
			t.Errorf("%+v", got)
		}
		c.Leave()
		pass(time.Second)
		a.wantMessages("and goes", "presence/left")
	})
}

// TestGuestIsNamedByItsState shows that a guest has the name and color of its awareness state.
func TestGuestIsNamedByItsState(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinJSON("r", ann)
		y := w.joinSynced("r")
		pass(time.Second)
		a.conn.take()
		y.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1, `{"user":{"name":"Yves","color":"#123456","email":"y@x"},"cursor":{"anchor":1}}`)))
		pass(time.Second)
		got := a.wantMessages("its name", "presence/joined", "presence/cursor", "presence/awareness")
		if u := got[0].User; u.Name != "Yves" || u.Color != "#123456" || u.ID != fmt.Sprintf("guest-%d", y.id) {
			t.Errorf("%+v", u)
		}
		if string(got[1].Cursor) != `{"anchor":1}` || got[1].User.ID != got[0].User.ID {
			t.Errorf("%+v", got[1])
		}
	})
}

// TestSyntheticStates shows that y-websocket clients are sent a synthetic state of a native client,
// with its cursor if they can draw it, for as long as it is connected.
func TestSyntheticStates(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		y := w.joinSynced("r")
		a := w.joinJSON("r", ann)
		pass(time.Second)
		states := lastStates(y.conn.take())
		id, state := onlyState(t, states)
		user := `"user":{"id":"ann","name":"Ann A.","color":"` + awareness.Known("ann", "").Color + `"}`
		if state != `{`+user+`,"cursor":null}` {
			t.Errorf("on joining: %s", state)
		}
		relative := `{"type":null,"tname":"t","item":{"client":1,"clock":2},"assoc":0}`
		for _, tt := range []struct{ cursor, drawn string }{
			{`{"anchor":` + relative + `,"head":` + relative + `}`, `{"anchor":` + relative + `,"head":` + relative + `}`},
			{`{"position":42,"selection":{"start":40,"end":45}}`, "null"},
			{`{"anchor":3,"head":4}`, "null"},
			{`{"anchor":{},"head":{}}`, "null"},
			{`{"anchor":{"item":{"client":"x"},"tname":"t"},"head":` + relative + `}`, "null"},
		} {
			a.sendsJSON(`{"type":"presence","event":"cursor","cursor":%s}`, tt.cursor)
			pass(time.Second)
			if got := lastStates(y.conn.take())[id]; got != `{`+user+`,"cursor":`+tt.drawn+`}` {
				t.Errorf("%s is drawn as %s", tt.cursor, got)
			}
		}
		pass(5 * time.Minute)
		if got := lastStates(y.conn.take())[id]; got == "" || got == "null" {
			t.Errorf("after a while: %q", got)
		}
		a.Leave()
		pass(time.Second)
		if got := lastStates(y.conn.take())[id]; got != "null" {
			t.Errorf("gone: %q", got)
		}
	})
}

// TestCursorsOfNatives shows that native clients are sent each other's cursors as they were
// written, and not their own.
func TestCursorsOfNatives(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		pass(time.Second)
		a.conn.take()
		b.conn.take()
		a.sendsJSON(`{"type":"presence","event":"cursor","user":{"id":"mayor"},"cursor":{"position":42,"selection":{"start":40,"end":45}}}`)
		pass(time.Second)
		got := b.wantMessages("the other", "presence/cursor", "presence/awareness")[0]
		if got.User.ID != "ann" || string(got.Cursor) != `{"position":42,"selection":{"start":40,"end":45}}` {
			t.Errorf("%+v", got)
		}
		a.wantMessages("its own")
		c := w.joinJSON("r", Identity{ID: "carl"})
		received := map[string]int{}
		for _, m := range c.conn.take() {
			received[m.name()+" "+m.User.ID]++
		}
		if want := map[string]int{"control/room_state ": 1, "presence/cursor ann": 1, "presence/awareness ann": 1, "presence/awareness bob": 1}; !maps.Equal(received, want) {
			t.Errorf("a peer that joins later is sent %v", received)
		}
		pass(time.Second)
		b.conn.take()
		a.sendsJSON(`{"type":"presence","event":"left"}`)
		pass(time.Second)
		if got := b.wantMessages("it withdraws", "presence/cursor", "presence/awareness")[0]; string(got.Cursor) != "{}" {
			t.Errorf("%+v", got)
		}
	})
}

// TestNativeWithStateOfItsOwn shows that a native client that sends awareness updates has no
// synthetic state.
func TestNativeWithStateOfItsOwn(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		y := w.joinSynced("r")
		a := w.joinJSON("r", ann)
		pass(time.Second)
		synthetic, _ := onlyState(t, lastStates(y.conn.take()))
		update := base64.StdEncoding.EncodeToString(awarenessUpdate(stateEntry(7, 1, `{"cursor":null}`)))
		a.sendsJSON(`{"type":"presence","event":"awareness","awareness":%q}`, update)
		pass(time.Second)
		states := lastStates(y.conn.take())
		if states[synthetic] != "null" || !strings.Contains(states[7], "Ann A.") {
			t.Errorf("%v", states)
		}
	})
}

// TestCursorApartFromState shows that of a native client's cursor and the cursor in its awareness
// state the newer counts, and that a state without a cursor leaves it.
func TestCursorApartFromState(t *testing.T) {
	inWorld(t, Config{AwarenessBytes: 200}, func(w *world) {
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		sendState := func(clock uint64, state string) {
			a.sendsJSON(`{"type":"presence","event":"awareness","awareness":%q}`, base64.StdEncoding.EncodeToString(awarenessUpdate(stateEntry(7, clock, state))))
		}
		wantCursor := func(what, cursor string, events ...string) {
			t.Helper()
			pass(time.Second)
			if got := b.wantMessages(what, events...); len(got) > 0 && string(got[0].Cursor) != cursor {
				t.Errorf("%s: %s", what, got[0].Cursor)
			}
		}
		sendState(1, `{"mood":"a"}`)
		pass(time.Second)
		a.conn.take()
		b.conn.take()
		a.sendsJSON(`{"type":"presence","event":"cursor","cursor":{"position":1}}`)
		wantCursor("a cursor", `{"position":1}`, "presence/cursor")
		a.sendsJSON(`{"type":"presence","event":"cursor","cursor":%q}`, strings.Repeat("x", 300))
		wantCursor("too large a cursor", "")
		if got := a.wantMessages("its sender", "control/error")[0]; got.Error.Code != protocol.CodeMessageTooLarge {
			t.Errorf("%+v", got)
		}
		sendState(2, `{"mood":"b"}`)
		wantCursor("a state without a cursor", "", "presence/awareness")
		c := w.joinJSON("r", Identity{ID: "cas"})
		settle()
		if got := cursorsOf(t, c.conn.take()); got["ann"] != `{"position":1}` {
			t.Errorf("a peer that joins is sent %v", got)
		}
		pass(time.Second)
		b.conn.take()
		sendState(3, `{"cursor":{"position":3}}`)
		wantCursor("a state with one", `{"position":3}`, "presence/cursor", "presence/awareness")
	})
}

// TestIdleNativesAreSentNothing shows that native clients are sent nothing while nothing happens.
func TestIdleNativesAreSentNothing(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		pass(time.Second)
		a.conn.take()
		b.conn.take()
		pass(10 * time.Minute)
		a.wantMessages("a")
		b.wantMessages("b")
	})
}

// onlyState returns the only one of states.
func onlyState(t *testing.T, states map[uint64]string) (id uint64, state string) {
	t.Helper()
	if len(states) != 1 {
		t.Fatalf("%v, want one state", states)
	}
	for id, state = range states {
	}
	return id, state
}
