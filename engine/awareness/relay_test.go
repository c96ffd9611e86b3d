package awareness

import (
	"maps"
	"testing"
	"time"
)

// Browser tabs send each other their states, and each sends the server the states that it was sent.

// tabs are the users of two tabs.
var tabs = []struct{ name, first, second string }{
	{"one user", "anna", "anna"},
	{"guests", "", ""},
	{"two users", "anna", "max"},
	{"a user and a guest", "anna", ""},
}

// TestClosedTabIsRemoved shows that a tab that closes is removed at once, also when another tab
// sent its state first.
func TestClosedTabIsRemoved(t *testing.T) {
	for _, tt := range tabs {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, Config{TrustClients: true})
			b := w.join("max")
			one1 := w.join(tt.first)
			one1.send(entry(1, 1, here))
			one1.send(entry(2, 1, moved))
			w.pass(time.Second)
			two := w.join(tt.second)
			two.send(entry(2, 1, moved))
			w.pass(time.Second)
			two.send(entry(2, 3, `{"x":3}`))
			one1.send(entry(2, 4, `{"x":4}`)) // from the other tab, before the server has it
			two.send(entry(2, 4, `{"x":4}`))
			w.pass(time.Second)
			if got := b.states(); !maps.Equal(got, map[uint64]string{1: here, 2: `{"x":4}`}) {
				t.Errorf("others see %v", got)
			}
			two.leave()
			w.pass(time.Second)
			if got := b.states(); !maps.Equal(got, map[uint64]string{2: "null"}) {
				t.Errorf("when it has closed others are sent %v", got)
			}
		})
	}
}

// TestClosedTabDoesNotComeBack shows that a state which a tab relays for a tab that has closed does
// not bring that back. The relaying tab is sent the removal, with a clock that it accepts, but only
// once.
func TestClosedTabDoesNotComeBack(t *testing.T) {
	w := newWorld(t, Config{TrustClients: true})
	b, first, second := w.join("max"), w.join("anna"), w.join("anna")
	first.send(entry(1, 1, here))
	second.send(entry(2, 1, here))
	w.pass(time.Second)
	second.leave()
	w.pass(time.Second)
	b.take()
	first.take()
	for clock := range uint64(5) {
		first.send(entry(2, 7+clock, moved))
		w.pass(time.Second)
	}
	if got := b.states(); len(got) > 0 {
		t.Errorf("others see %v", got)
	}
	if got := first.take(); len(got) != 1 || string(got[0].Body) != string(encode(entry(2, 7, ""))) {
		t.Errorf("the other tab is sent %v", got)
	}
	again := w.join("anna")
	again.send(entry(2, 8, moved))
	w.pass(time.Second)
	if got := b.states(); got[2] != moved {
		t.Errorf("when it is back others see %v", got)
	}
}
