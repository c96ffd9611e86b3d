package engine

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// disownWithin calls Disown with a context that ends after d.
func (w *world) disownWithin(room string, d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return w.Disown(ctx, room)
}

// merged fails unless node b has so many characters of text after it has merged what a left to it.
func (n *nodes) merged(room string, clients int, clock uint64) {
	c := n.b.joinSynced(room)
	if err := n.b.MergeStored(context.Background(), room, n.shared.takeLeft(room)); err != nil {
		n.b.t.Fatal(err)
	}
	pass(time.Second)
	got := c.conn.stateVector()
	if len(got) != clients || got[0].Clock != clock {
		n.b.t.Errorf("the other node has %v, want %d", got, clock)
	}
}

// TestRefusedAsNotOwner shows that a room whose row is refused because another node has the room
// ends at once: nobody is sent the row, peers are closed so that their clients come back, nothing
// is tried again, and everything that was merged is left to that node.
func TestRefusedAsNotOwner(t *testing.T) {
	onNodes(t, Config{SnapshotUpdates: 1}, false, func(n *nodes) {
		a, b := n.a.joinSynced("r"), n.a.joinSynced("r")
		witness := n.a.joinJSON("r", ann)
		a.types(0, "durable")
		pass(time.Minute)
		saves := n.shared.saves
		b.conn.take()
		witness.conn.take()
		n.take("r", "b")
		n.shared.appending.close()
		a.types(7, "refused")
		pass(time.Second)
		a.types(14, "later")
		settle()
		n.shared.appending.open()
		pass(time.Second)
		b.wantMessages("of what is not durable")
		witness.wantMessages("of what is not durable")
		for _, c := range []*client{a, b} {
			if c.conn.closed() != CloseUnavailable {
				t.Errorf("closed with %d", c.conn.closed())
			}
		}
		if n.a.roomMap.find(a.Room()) != nil || n.shared.saves != saves {
			t.Errorf("the room is there, or was saved %d times", n.shared.saves-saves)
		}
		a.types(19, "ignored")
		pass(time.Minute)
		if rows := len(n.shared.left["r"]); rows != 2 {
			t.Errorf("%d rows are left to the owner", rows)
		}
		if n.a.metrics.disowned.Get() != 1 || n.a.counter("realtime_delayed_rooms") != 0 {
			t.Error("counted wrongly")
		}
		n.a.refused("r")
		n.merged("r", 1, 19)
		a.Leave()
		b.Leave()
		witness.Leave()
		if n.a.counter("realtime_occupied_rooms") != 0 {
			t.Error("the room counts as occupied")
		}
	})
}

// TestDisown shows that Disown waits until everything that was merged is in the store, that nothing
// is merged after it was called, and that it saves neither a snapshot nor a draft.
func TestDisown(t *testing.T) {
	onNodes(t, Config{}, true, func(n *nodes) {
		a := n.a.opens("ann")
		pass(time.Minute)
		saves := n.shared.saves
		n.shared.appending.close()
		a.sends(protocol.Update, typed(77, 0, "one"))
		pass(100 * time.Millisecond)
		a.sends(protocol.Update, typed(77, 3, "two"))
		n.take("r", "b")
		disowned := make(chan error, 1)
		go func() { disowned <- n.a.disownWithin("r", time.Minute) }()
		settle()
		if a.conn.closed() != CloseUnavailable {
			t.Errorf("closed with %d", a.conn.closed())
		}
		a.sends(protocol.Update, typed(77, 6, "three"))
		refused := make(chan *CloseError, 1)
		go func() { refused <- n.a.refused("r") }()
		pass(time.Second)
		if len(disowned)+len(refused) > 0 {
			t.Error("it did not wait for the store")
		}
		n.shared.appending.open()
		if err := <-disowned; err != nil {
			t.Error(err)
		}
		if why := <-refused; why.Code != CloseUnavailable {
			t.Errorf("a join that waited was refused with %v", why)
		}
		pass(time.Minute)
		n.shared.set(func() {
			for _, row := range n.shared.left["r"] {
				if _, u, err := stored.ParseRow(row); err != nil || bytes.Contains(u.Bytes(), []byte("three")) {
					t.Errorf("%v: a row has what was sent after Disown", err)
				}
			}
		})
		if n.shared.saves != saves || len(n.records.saved()) > 0 {
			t.Errorf("%d snapshots, drafts %q", n.shared.saves-saves, n.records.saved())
		}
		if err := n.b.disownWithin("elsewhere", time.Second); err != nil {
			t.Errorf("a room that is not loaded: %v", err)
		}
	})
}

// TestDisownInFailingStore shows that Disown gives up when its context is done, and that the room
// ends all the same when the store works again.
func TestDisownInFailingStore(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		a := n.a.joinSynced("r")
		a.types(0, "text")
		pass(time.Second)
		n.shared.failAppend(errStore)
		a.types(4, "more")
		pass(time.Second)
		n.take("r", "b")
		if err := n.a.disownWithin("r", time.Second); err == nil {
			t.Error("the room's updates are in no store")
		}
		n.shared.failAppend(nil)
		pass(10 * time.Second)
		if n.a.roomMap.find(a.Room()) != nil {
			t.Error("the room is there")
		}
		n.merged("r", 1, 8)
	})
}

// TestDisownIdle shows that a room without peers ends too, whether its document is compressed or
// not.
func TestDisownIdle(t *testing.T) {
	for name, idle := range map[string]time.Duration{"idle": 0, "compressed": time.Minute} {
		t.Run(name, func(t *testing.T) {
			onNodes(t, Config{}, false, func(n *nodes) {
				a := n.a.joinSynced("r")
				a.types(0, "text")
				a.Leave()
				pass(idle)
				n.take("r", "b")
				if err := n.a.disownWithin("r", time.Second); err != nil {
					t.Error(err)
				}
				if n.a.roomMap.find(a.Room()) != nil || n.a.counter("realtime_rooms") != 0 {
					t.Error("the room is there")
				}
			})
		})
	}
}

// TestDrainOfLostRoom shows that Drain leaves what was merged of a room that another node has to
// that node, and saves the others.
func TestDrainOfLostRoom(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		a, other := n.a.joinSynced("r"), n.a.joinSynced("other")
		a.types(0, "text")
		pass(time.Second)
		n.take("r", "b")
		a.types(4, "more")
		other.types(0, "text")
		n.a.drain()
		n.merged("r", 1, 8)
		if n.a.snapshotVersion("other") != 1 {
			t.Error("the other room is not saved")
		}
	})
}
