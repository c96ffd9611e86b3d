package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// handOverWithin calls HandOverRooms with a context that ends after d.
func (w *world) handOverWithin(d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return w.HandOverRooms(ctx)
}

// closeWatcher is a connection that notes what is true when it is closed.
type closeWatcher struct {
	*memConn
	when func()
}

func (c closeWatcher) Close(why *CloseError) {
	c.when()
	c.memConn.Close(why)
}

// TestHandOverRooms shows that all rooms are handed over while their clients write: each is closed
// when the lease of its room is free and everything that it was sent is in the store, and no room
// is frozen for long; and that the other node has all that anybody was sent.
func TestHandOverRooms(t *testing.T) {
	const rooms = 200
	onNodes(t, Config{}, false, func(n *nodes) {
		var writers, readers []*client
		owners := make([]string, rooms)
		for i := range rooms {
			name := fmt.Sprint("room-", i)
			writers = append(writers, n.a.joinSynced(name))
			conn := new(memConn)
			watched := closeWatcher{conn, func() { owners[i] = n.shared.ownerOf(name) }}
			owners[i] = "not closed"
			p, err := n.a.Join(context.Background(), roomkey.MustParse(name), watched, protocol.YWebsocket{}, Identity{})
			if err != nil {
				t.Fatal(err)
			}
			readers = append(readers, &client{p, conn, n.a.world})
		}
		done := make(chan error, 1)
		go func() {
			time.Sleep(100 * time.Millisecond)
			done <- n.a.handOverWithin(30 * time.Second)
		}()
		written := make([]uint64, rooms)
		handedOver := false
		for !handedOver {
			for i, c := range writers {
				if c.conn.closed() == 0 {
					c.types(written[i], "x")
					written[i]++
				}
			}
			pass(10 * time.Millisecond)
			handedOver = len(done) > 0
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		settle()
		if got := n.a.metrics.handedOver.Get(); got != rooms || n.a.counter("realtime_rooms") != 0 {
			t.Errorf("%d rooms handed over, %d left", got, n.a.counter("realtime_rooms"))
		}
		for i := range rooms {
			if owners[i] != "" || readers[i].conn.closed() != CloseUnavailable {
				t.Fatalf("client of room %d was closed with %d while the lease was of %q", i, readers[i].conn.closed(), owners[i])
			}
			seen := readers[i].conn.stateVector()
			got := n.b.joinSynced(fmt.Sprint("room-", i)).conn.stateVector()
			if len(seen) != 1 || len(got) != 1 || got[0].Clock < seen[0].Clock || got[0].Clock+2 < written[i] {
				t.Fatalf("room %d: written %d, seen %v, the other node has %v", i, written[i], seen, got)
			}
		}
	})
}

// TestHandOverRefusesNewRooms shows that rooms that are not loaded are refused from the beginning
// of a hand-over, and those that have been handed over.
func TestHandOverRefusesNewRooms(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		n.a.joinSynced("r")
		n.shared.releasing.close()
		done := make(chan error, 1)
		go func() { done <- n.a.handOverWithin(30 * time.Second) }()
		settle()
		if n.a.Ready() == nil {
			t.Error("ready")
		}
		for _, room := range []string{"new", "r"} {
			if why := n.a.refused(room); why.Code != CloseUnavailable {
				t.Errorf("%s: %v", room, why)
			}
		}
		n.shared.releasing.open()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestHandOverInSlowStore shows that clients are closed within a second of the last update that
// was merged, whatever the store does: if updates are not durable in time their room stays, and is
// ended by Drain; if the lease is not given up in time clients are closed before it is.
func TestHandOverInSlowStore(t *testing.T) {
	for name, test := range map[string]struct {
		slow  func(s *sharedStore) *gate
		stays bool
	}{
		"commits":  {func(s *sharedStore) *gate { return &s.appending }, true},
		"releases": {func(s *sharedStore) *gate { return &s.releasing }, false},
	} {
		t.Run(name, func(t *testing.T) {
			onNodes(t, Config{}, false, func(n *nodes) {
				c := n.a.joinSynced("r")
				gate := test.slow(n.shared)
				gate.close()
				c.types(0, "text")
				settle()
				done := make(chan error, 1)
				go func() { done <- n.a.handOverWithin(30 * time.Second) }()
				pass(handOverSnapshot + handOverFlush + handOverRelease)
				if c.conn.closed() != CloseUnavailable {
					t.Errorf("closed with %d", c.conn.closed())
				}
				if err := <-done; (err != nil) != test.stays {
					t.Errorf("handed over with %v", err)
				}
				gate.open()
				n.a.drain()
				if got := n.b.joinSynced("r").conn.stateVector(); len(got) != 1 || got[0].Clock != 4 {
					t.Errorf("the other node has %v", got)
				}
			})
		})
	}
}

// TestHandOverOfDraftsOnNodes shows that the drafts of rooms without peers are saved before they
// are handed over, and those of others by the node that takes them over; and that rooms without
// peers expire.
func TestHandOverOfDraftsOnNodes(t *testing.T) {
	for name, leaves := range map[string]bool{"a room with a peer": false, "a room without": true} {
		t.Run(name, func(t *testing.T) {
			onNodes(t, Config{}, true, func(n *nodes) {
				c := n.a.opens("ann")
				c.writes("text, and more")
				if leaves {
					c.Leave()
				}
				if err := n.a.handOverWithin(10 * time.Second); err != nil {
					t.Fatal(err)
				}
				if got := n.records.saved(); (len(got) == 1) != leaves {
					t.Errorf("drafts %q", got)
				}
				if expires := !n.shared.expiry("r").IsZero(); expires != leaves {
					t.Errorf("expires: %v", expires)
				}
				d := n.b.opens("bob")
				n.b.wantText("text, and more", d)
				pass(time.Minute)
				if got := n.records.saved(); len(got) != 1 || len(n.shared.versions) > 0 {
					t.Errorf("in the end drafts %q, %d versions", got, len(n.shared.versions))
				}
			})
		})
	}
}

// TestHandOverWaitsForDraft shows that a room is handed over when the draft that is being saved is
// saved, if that is soon, and that otherwise the text is taken for no external change.
func TestHandOverWaitsForDraft(t *testing.T) {
	for name, soon := range map[string]bool{"soon": true, "late": false} {
		t.Run(name, func(t *testing.T) {
			onNodes(t, Config{}, true, func(n *nodes) {
				c := n.a.opens("ann")
				c.writes("text, and more")
				n.records.saving.close()
				pass(3 * time.Second) // the draft is being saved
				go func() {
					if !soon {
						time.Sleep(time.Second)
					}
					time.Sleep(100 * time.Millisecond)
					n.records.saving.open()
				}()
				if err := n.a.handOverWithin(10 * time.Second); err != nil {
					t.Fatal(err)
				}
				d := n.b.opens("bob")
				witness := n.b.joinWatcher("cyd")
				pass(time.Minute)
				d.conn.take()
				n.b.wantText("text, and more", d)
				witness.wantNotices()
				if got := n.records.saved(); len(got) != 1 || len(n.shared.versions) > 0 {
					t.Errorf("drafts %q, %d versions", got, len(n.shared.versions))
				}
			})
		})
	}
}

// TestGiveUp shows that a room is given up for another node if nobody is in it: it is saved, and
// its lease is free. Otherwise it stays.
func TestGiveUp(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		c := n.a.joinSynced("r")
		c.types(0, "text")
		pass(time.Second)
		if err := n.a.GiveUp(context.Background(), "r"); !errors.Is(err, ErrOccupied) || c.conn.closed() != 0 {
			t.Errorf("%v, closed with %d", err, c.conn.closed())
		}
		c.Leave()
		if err := n.a.GiveUp(context.Background(), "r"); err != nil || n.shared.ownerOf("r") != "" {
			t.Errorf("%v, lease is of %q", err, n.shared.ownerOf("r"))
		}
		if n.a.snapshotVersion("r") != 1 || n.shared.rowCount("r") != 0 {
			t.Error("it was not saved")
		}
		if err := n.a.GiveUp(context.Background(), "r"); err != nil {
			t.Errorf("a room that is not loaded: %v", err)
		}
		n.b.joinSynced("r")
	})
}

// TestGiveUpFails shows that a room whose updates cannot be stored stays, and that clients that
// came meanwhile are let in.
func TestGiveUpFails(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		c := n.a.joinSynced("r")
		n.shared.appending.close()
		c.types(0, "text")
		settle()
		c.Leave()
		given := make(chan error, 1)
		go func() { given <- n.a.GiveUp(context.Background(), "r") }()
		pass(handOverSnapshot + 100*time.Millisecond)
		joined := make(chan *client, 1)
		go func() { joined <- n.a.join("r") }()
		if err := <-given; err == nil {
			t.Error("it was given up with updates that are not durable")
		}
		d := <-joined
		n.shared.appending.open()
		pass(time.Second)
		d.types(0, "more")
		pass(time.Second)
		if d.room != c.room || d.room.version != 2 || d.room.commit.durable != 2 {
			t.Errorf("version %d, durable %d", d.room.version, d.room.commit.durable)
		}
	})
}

// TestHandOverRoomsWithoutLeases shows that HandOverRooms does nothing where the store needs no
// leases.
func TestHandOverRoomsWithoutLeases(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		c := w.joinSynced("r")
		if err := w.handOverWithin(time.Second); err != nil || c.conn.closed() != 0 || w.Ready() != nil {
			t.Errorf("%v, closed with %d", err, c.conn.closed())
		}
		w.join("new")
	})
}
