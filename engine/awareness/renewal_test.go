package awareness

import (
	"maps"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestEarlyReturnIsSentTombstone shows that a client that returns at an earlier clock than its
// tombstone's is sent the tombstone.
func TestEarlyReturnIsSentTombstone(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.join("")
	a.send(entry(7, 5, here))
	a.leave()
	b := w.join("")
	w.pass(time.Second)
	b.take()
	b.send(entry(7, 4, here))
	w.pass(0)
	got := b.take()
	if len(got) != 1 || string(got[0].Body) != string(encode(entry(7, 6, ""))) {
		t.Errorf("got %v, want the clock to count on from", got)
	}
}

// TestCountingOnIsNotSent shows that others are sent nothing when an owner counts on from the clock
// that it was sent.
func TestCountingOnIsNotSent(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.join(""), w.join("")
	a.send(entry(7, 1, here))
	w.pass(0)
	if got := b.take(); len(got) != 1 {
		t.Errorf("the claim: %v", got)
	}
	a.send(entry(7, 2, here))
	w.pass(20 * time.Second)
	if got := b.take(); len(got) != 0 {
		t.Errorf("its owner's echo of what all were sent: %v", got)
	}
}

// TestRenewalsAreGathered shows that renewals which change nothing are sent together, once in each
// RenewalInterval.
func TestRenewalsAreGathered(t *testing.T) {
	w := newWorld(t, Config{})
	var many []*client
	for i := range uint64(10) {
		c := w.join("")
		c.send(entry(100+i, 1, here))
		many = append(many, c)
	}
	w.pass(time.Second)
	first := many[0]
	first.take()
	messages, entries := 0, 0
	for second := range uint64(60) {
		i := second % 15
		if i < 10 {
			many[i].send(entry(100+i, 2+second, here))
		}
		w.pass(time.Second)
		for _, m := range first.take() {
			a, _ := yjs.CheckAwareness(m.Body)
			messages, entries = messages+1, entries+a.Len()
		}
	}
	if messages < 4 || messages > 8 || entries > 40 {
		t.Errorf("40 renewals in a minute came as %d entries in %d messages", entries, messages)
	}
	if n := w.room.Len(); n != 10 {
		t.Errorf("%d of 10 are present", n)
	}
}

// TestStateExpires shows that a state that is not renewed is removed after Timeout, and can return.
func TestStateExpires(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.join(""), w.join("")
	a.send(entry(7, 1, here))
	w.pass(15 * time.Second)
	a.send(entry(8, 1, here))
	w.pass(14 * time.Second)
	if got := b.take(); len(got) != 2 {
		t.Errorf("while they live: %v", got)
	}
	w.pass(2 * time.Second)
	if got := b.states(); !maps.Equal(got, map[uint64]string{7: "null"}) {
		t.Errorf("got %v, want 7 removed", got)
	}
	w.pass(15 * time.Second)
	if got := b.states(); !maps.Equal(got, map[uint64]string{8: "null"}) {
		t.Errorf("got %v, want 8 removed", got)
	}
	a.send(entry(7, 3, here))
	w.pass(0)
	if b.states()[7] != here {
		t.Error("it cannot come back")
	}
}

// TestNativeRenewalIsSent shows that others are sent each renewal of a native client at a clock
// that they accept, although that client does not know the clock that they were sent.
func TestNativeRenewalIsSent(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.joinAs("ann", true), w.join("")
	last := uint64(0)
	for clock := uint64(1); clock < 5; clock++ {
		a.send(entry(7, clock, here))
		w.pass(15 * time.Second)
		before := last
		for _, m := range b.take() {
			u, err := yjs.CheckAwareness(m.Body)
			if err != nil {
				t.Fatal(err)
			}
			for e := range u.Entries() {
				if e.Client == 7 && !e.Removed() {
					last = e.Clock
				}
			}
		}
		if last <= before {
			t.Errorf("clock %d comes as %d, after %d", clock, last, before)
		}
	}
}
