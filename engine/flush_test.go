package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

var justUpdate = []protocol.Kind{protocol.Update}

// wantMessages fails unless exactly messages of these kinds have come since the last call.
func (c *client) wantMessages(what string, kinds ...protocol.Kind) {
	c.w.t.Helper()
	if got := c.conn.kinds(); !slices.Equal(got, kinds) {
		c.w.t.Errorf("%s: got messages of kinds %v, want %v", what, got, kinds)
	}
}

// TestLeadingEdgeAndWindow shows that an update in a quiet room is sent at once, and that those
// after it are sent together when windows end next.
func TestLeadingEdgeAndWindow(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.types(0, "a")
		settle()
		b.wantMessages("a quiet room sends at once", protocol.Update)
		a.wantMessages("the writer has its echo", protocol.Update)

		pass(10 * time.Millisecond)
		a.types(1, "b")
		b.types(0, "c")
		pass(91 * time.Millisecond)
		b.wantMessages("within the window")
		pass(time.Millisecond)
		b.wantMessages("when windows end next, both in one batch", protocol.Update)
		if !bytes.Equal(a.conn.state(), b.conn.state()) {
			t.Error("a and b differ")
		}
		if n := len(w.store.commits); n != 2 {
			t.Errorf("%d commits, want 2", n)
		}
	})
}

// TestNothingNewIsNotSent shows that an update with nothing new is neither journaled nor sent to
// others; its writer gets it back as a receipt.
func TestNothingNewIsNotSent(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.types(0, "abc")
		pass(time.Second)
		a.conn.take()
		b.conn.take()
		a.types(0, "abc")
		a.sends(protocol.SyncReply, []byte{0, 0})
		pass(time.Second)
		a.wantMessages("what was known, which is a's receipt", protocol.Update)
		b.wantMessages("what was known")
		if n := len(w.store.commits); n != 1 {
			t.Errorf("%d commits, want 1", n)
		}
	})
}

// TestBroadcastFollowsTheCommit shows that an update is not sent before the store has committed it.
func TestBroadcastFollowsTheCommit(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		w.store.appending.close()
		a.types(0, "a")
		pass(time.Second)
		b.wantMessages("while the store has not committed")
		w.store.appending.open()
		settle()
		b.wantMessages("when it has", protocol.Update)
	})
}

// TestGroupCommit shows that rows of rooms that are due during a commit are in the next one
// together.
func TestGroupCommit(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		one, two, three := w.joinSynced("1"), w.joinSynced("2"), w.joinSynced("3")
		w.store.appending.close()
		one.types(0, "a")
		settle()
		two.types(0, "a")
		three.types(0, "a")
		settle()
		w.store.appending.open()
		pass(time.Second)
		if n := len(w.store.commits); n != 2 || len(w.store.commits[1]) != 2 {
			t.Errorf("commits %v, want the second to hold rooms 2 and 3", w.store.commits)
		}
		two.wantMessages("room 2", protocol.Update)
		three.wantMessages("room 3", protocol.Update)
	})
}

// TestCommitsAtTicks shows that a lone commit is made at once, that rooms that are due after it are
// committed together after the next tick, and that a commit just before that tick does not delay
// them.
func TestCommitsAtTicks(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		one, two, three := w.joinSynced("1"), w.joinSynced("2"), w.joinSynced("3")
		pass(3 * time.Millisecond)
		one.types(0, "a")
		settle()
		one.wantMessages("a lone commit", protocol.Update)
		pass(time.Millisecond)
		two.types(0, "a")
		pass(5 * time.Millisecond)
		three.types(0, "a")
		pass(12 * time.Millisecond)
		two.wantMessages("right after the next tick")
		pass(time.Millisecond)
		two.wantMessages("after it", protocol.Update)
		three.wantMessages("together with room 2", protocol.Update)
		if n := len(w.store.commits); n != 2 {
			t.Errorf("%d commits", n)
		}

		one.types(1, "b")
		pass(79 * time.Millisecond)
		four := w.join("4")
		settle()
		four.conn.take()
		four.types(0, "a")
		settle()
		four.wantMessages("another lone commit", protocol.Update)
		one.wantMessages("before its window is over")
		pass(time.Millisecond)
		one.wantMessages("right after that commit", protocol.Update)
	})
}

// TestOneCommitPerTick shows that there is at most one commit a tick while people type in many
// rooms.
func TestOneCommitPerTick(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		var all []*client
		for i := range 30 {
			all = append(all, w.joinSynced(fmt.Sprint(i)))
		}
		random, clocks := rand.New(rand.NewPCG(1, 1)), make([]uint64, len(all))
		for range 1000 {
			i := random.IntN(len(all))
			all[i].types(clocks[i], "x")
			clocks[i]++
			pass(time.Millisecond)
		}
		if n := len(w.store.commits); n > 1000/20+1 {
			t.Errorf("%d commits in a second", n)
		}
	})
}

// TestFailingStore shows that no update is sent while the store fails, that presence is, and that
// all updates are sent when it works again.
func TestFailingStore(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b, elsewhere := w.joinSynced("r"), w.joinSynced("r"), w.joinSynced("elsewhere")
		w.store.fail(errStore)
		a.types(0, "a")
		pass(time.Second)
		elsewhere.types(0, "other things")
		a.types(1, "b")
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(1, 1, `{}`)))
		pass(5 * time.Second)
		b.wantMessages("presence does not wait, updates do", protocol.Awareness)
		if w.Ready() == nil {
			t.Error("ready with a failing store")
		}

		w.store.fail(nil)
		pass(5 * time.Second)
		b.wantMessages("both cuts, in order", protocol.Update, protocol.Update)
		if !bytes.Equal(a.conn.state(), b.conn.state()) || b.conn.stateVector()[0].Clock != 2 {
			t.Error("b does not have all updates")
		}
		if err := w.Ready(); err != nil {
			t.Errorf("not ready: %v", err)
		}
	})
}

// TestFailingStoreIsNotFlooded shows that commits are tried again at growing intervals while the
// store fails, and that Drain does not wait for the next attempt.
func TestFailingStoreIsNotFlooded(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		w.store.fail(errStore)
		for i := range uint64(1000) {
			a.types(i, "x")
			pass(10 * time.Millisecond)
		}
		if n := w.store.attempts; n > 8 {
			t.Errorf("%d attempts in ten seconds", n)
		}
		w.store.fail(nil)
		began := time.Now()
		w.drain()
		if waited := time.Since(began); waited > 0 {
			t.Errorf("drain waited %v to try again", waited)
		}
	})
}

// TestRequestDuringCommit shows that a request that comes during a commit is answered after it.
func TestRequestDuringCommit(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.join("r")
		settle()
		b.conn.take()
		w.store.appending.close()
		a.types(0, "a")
		settle()
		b.sends(protocol.SyncRequest, []byte{0})
		pass(time.Second)
		b.wantMessages("before the commit")
		w.store.appending.open()
		settle()
		b.wantMessages("after it", protocol.Update, protocol.SyncReply)

		b.sends(protocol.SyncRequest, []byte{0})
		settle()
		b.wantMessages("in a clean room at once", protocol.SyncReply)
	})
}

// TestRequestWaitsForTheNextCut shows that a request in a room with updates that are not cut yet is
// answered with the next cut, when that is durable.
func TestRequestWaitsForTheNextCut(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.join("r")
		a.types(0, "a")
		settle()
		b.conn.take()
		a.types(1, "b")
		b.sends(protocol.SyncRequest, []byte{0})
		w.store.appending.close()
		pass(99 * time.Millisecond)
		b.wantMessages("before the cut")
		pass(time.Second)
		b.wantMessages("before it is durable")
		w.store.appending.open()
		settle()
		b.wantMessages("with it, before the batch", protocol.SyncReply, protocol.Update)
	})
}

// TestNoJournal shows that with NoJournal updates are sent at once, and are in the snapshot that
// Drain stores.
func TestNoJournal(t *testing.T) {
	inWorld(t, Config{NoJournal: true}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.types(0, "abc")
		settle()
		b.wantMessages("at once", protocol.Update)
		w.restart(Config{NoJournal: true})
		if len(w.store.commits) != 0 {
			t.Error("something was journaled")
		}
		if c := w.joinSynced("r"); !bytes.Equal(c.conn.state(), b.conn.state()) {
			t.Error("the document after the restart is another")
		}
	})
}

// TestLargeUpdatesAreSplit shows that an update of more than 64 KiB is sent as several messages,
// each a valid update.
func TestLargeUpdatesAreSplit(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.types(0, strings.Repeat("text ", 40_000))
		settle()
		updates := b.conn.take()
		if len(updates) != 4 {
			t.Errorf("%d messages for 200,000 bytes", len(updates))
		}
		for _, m := range updates {
			if m.Kind != protocol.Update || len(m.Body) > (protocol.YWebsocket{}).MaxUpdate() {
				t.Errorf("a message of kind %v with %d bytes", m.Kind, len(m.Body))
			}
		}
		if want, _ := heldDocument(a.room); !bytes.Equal(b.conn.state(), want) {
			t.Error("the messages together are another document")
		}
	})
}

// TestPresenceOfRowThatWaits shows that presence is sent while the row of its room waits for the
// store, for whatever reason.
func TestPresenceOfRowThatWaits(t *testing.T) {
	for name, tt := range map[string]struct{ stop, resume func(w *world) }{
		"a commit that takes long": {
			func(w *world) { w.store.appending.close() },
			func(w *world) { w.store.appending.open() },
		},
		"another room's": {
			func(w *world) {
				elsewhere := w.joinSynced("elsewhere")
				w.store.appending.close()
				elsewhere.types(0, "x")
				pass(time.Second)
			},
			func(w *world) { w.store.appending.open() },
		},
		"a commit that fails": {
			func(w *world) { w.store.failAppend(errStore) },
			func(w *world) { w.store.failAppend(nil) },
		},
		"its row is refused": {
			func(w *world) { w.store.refuse("r", errLease) },
			func(w *world) { w.store.refuse("r", nil) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Config{Window: 10 * time.Second}, func(w *world) {
				a, b := w.joinSynced("r"), w.joinSynced("r")
				pass(time.Minute)
				a.types(0, "x")
				settle()
				b.conn.take()
				tt.stop(w)
				a.types(1, "y")
				a.sends(protocol.Awareness, awarenessUpdate(stateEntry(1, 1, `{}`)))
				pass(12 * time.Second)
				b.wantMessages("presence, and no update yet", protocol.Awareness)
				tt.resume(w)
				pass(time.Minute / 2)
				if got := b.conn.kinds(); !slices.Contains(got, protocol.Update) {
					t.Errorf("no update: %v", got)
				}
			})
		})
	}
}
