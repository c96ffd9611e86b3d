package engine

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// The tabs of a browser tell each other of their awareness, and each passes on to the server what it is told.

// tabs are who two tabs may be.
var tabs = []struct{ name, first, second string }{
	{"one user", "anna", "anna"},
	{"guests", "", ""},
	{"two users", "anna", "max"},
	{"a user and a guest", "anna", ""},
}

// TestTabCloses: a tab that closes is gone at once for everybody, also when another tab spoke for it before it did.
func TestTabCloses(t *testing.T) {
	for _, tt := range tabs {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{TrustPresence: true}, func(w *world) {
				b := w.joinAs("r", "max")
				one1 := w.joinAs("r", tt.first)
				one1.say(protocol.Awareness, awarenessUpdate(one(1, 1, here)))
				one1.say(protocol.Awareness, awarenessUpdate(one(2, 1, moved)))
				pass(time.Second)
				two := w.joinAs("r", tt.second)
				two.say(protocol.Awareness, awarenessUpdate(one(2, 1, moved)))
				pass(time.Second)
				two.say(protocol.Awareness, awarenessUpdate(one(2, 3, `{"x":3}`)))
				one1.say(protocol.Awareness, awarenessUpdate(one(2, 4, `{"x":4}`))) // which it has heard from the tab, and the server has not yet
				two.say(protocol.Awareness, awarenessUpdate(one(2, 4, `{"x":4}`)))
				pass(time.Second)
				if got := lastHeard(b.conn.take()); !maps.Equal(got, map[uint64]string{1: here, 2: `{"x":4}`}) {
					t.Errorf("others see %v", got)
				}
				two.Leave()
				pass(time.Second)
				if got := lastHeard(b.conn.take()); !maps.Equal(got, map[uint64]string{2: "null"}) {
					t.Errorf("when it has closed others hear %v", got)
				}
			})
		})
	}
}

// TestTabIsNotRaised: what another tab has heard of one that has closed does not bring it back, and that tab is told so,
// with a clock that it believes, but once: one that is there after all contradicts.
func TestTabIsNotRaised(t *testing.T) {
	inWorld(t, Config{TrustPresence: true}, func(w *world) {
		b, first, second := w.joinAs("r", "max"), w.joinAs("r", "anna"), w.joinAs("r", "anna")
		first.say(protocol.Awareness, awarenessUpdate(one(1, 1, here)))
		second.say(protocol.Awareness, awarenessUpdate(one(2, 1, here)))
		pass(time.Second)
		second.Leave()
		pass(time.Second)
		b.conn.take()
		first.conn.take()
		for clock := range uint64(5) {
			first.say(protocol.Awareness, awarenessUpdate(one(2, 7+clock, moved)))
			pass(time.Second)
		}
		if got := lastHeard(b.conn.take()); len(got) > 0 {
			t.Errorf("others see %v", got)
		}
		if got := first.conn.take(); len(got) != 1 || string(got[0].Body) != string(awarenessUpdate(one(2, 7, ""))) {
			t.Errorf("the other tab is told %v", got)
		}
		again := w.joinAs("r", "anna")
		again.say(protocol.Awareness, awarenessUpdate(one(2, 8, moved)))
		pass(time.Second)
		if got := lastHeard(b.conn.take()); got[2] != moved {
			t.Errorf("when it is back others see %v", got)
		}
	})
}

// TestGuestsKeepTheirNames: clients echo the states of others, which is not how they are called.
func TestGuestsKeepTheirNames(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		called := func(name string) string { return fmt.Sprintf(`{"user":{"name":%q,"color":"#000000"}}`, name) }
		a, y, z := w.joinJSON("r", ann), w.join("r"), w.join("r")
		y.say(protocol.Awareness, awarenessUpdate(one(1, 1, called("Yves"))))
		z.say(protocol.Awareness, awarenessUpdate(one(2, 1, called("Zoe"))))
		pass(time.Second)
		z.say(protocol.Awareness, awarenessUpdate(one(1, 2, called("Yves")))) // an echo
		y.say(protocol.Awareness, awarenessUpdate(one(2, 2, called("Zoe")), one(1, 2, called("Yves"))))
		y.say(protocol.Awareness, awarenessUpdate(one(3, 1, called("Xaver")))) // another tab's
		pass(time.Second)
		names := map[string]bool{}
		for _, m := range a.conn.take() {
			if m.Event == "joined" {
				names[m.User.Name] = true
			}
		}
		if y.presence.User().Name != "Yves" || z.presence.User().Name != "Zoe" || names["Xaver"] {
			t.Errorf("they are %s and %s, and %v were told", y.presence.User().Name, z.presence.User().Name, names)
		}
	})
}
