package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// refused joins, and returns the error.
func (w *world) refused(room string) *CloseError {
	w.t.Helper()
	_, err := w.Join(context.Background(), roomkey.MustParse(room), new(memConn), protocol.YWebsocket{}, Identity{})
	var closing *CloseError
	if !errors.As(err, &closing) {
		w.t.Fatalf("join: %v", err)
	}
	return closing
}

// TestLease shows that a room is loaded by the node that has its lease; that clients that come to
// another node are closed so that they come back, which is no error of that node; that the lease
// is given up when the room is unloaded; and that the version never goes back after that.
func TestLease(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		c := n.a.joinSynced("r")
		c.types(0, "text")
		pass(time.Second)
		why := n.b.refused("r")
		if why.Code != CloseUnavailable || why.ErrorCode != protocol.CodeRestarting || !errors.Is(why, elsewhere{"a"}) {
			t.Errorf("closed with %v", why)
		}
		if log := n.b.out.String(); strings.Contains(log, "level=ERROR") || n.b.counter("realtime_room_load_failures_total") > 0 {
			t.Errorf("a failure of the node: %s", log)
		}
		c.Leave()
		pass(n.a.Config().Grace + time.Second)
		if owner := n.shared.ownerOf("r"); owner != "" || n.shared.releasesBy("a", "r") != 1 {
			t.Errorf("lease is of %q, given up %d times", owner, n.shared.releasesBy("a", "r"))
		}
		n.shared.set(func() { n.shared.floors["r"] = 1000 })
		d := n.b.joinSynced("r")
		if d.room.version != 1000 || d.room.unsaved() {
			t.Errorf("version %d, unsaved: %v", d.room.version, d.room.unsaved())
		}
		if got := d.conn.stateVector(); len(got) != 1 || got[0].Clock != 4 {
			t.Errorf("the document has %v", got)
		}
	})
}

// TestVersionFloorOfNewRoom shows that a room of which nothing is stored begins with the text of
// its record although its clients have seen versions of it.
func TestVersionFloorOfNewRoom(t *testing.T) {
	onNodes(t, Config{}, true, func(n *nodes) {
		n.shared.set(func() { n.shared.floors["r"] = 1000 })
		n.a.wantText("text", n.a.opens("ann"))
	})
}

// TestLeaseIsWaitedFor shows that the wait for a lease does not count as time that the store takes
// to load the room, and that a lease that cannot be taken closes clients so that they come back.
func TestLeaseIsWaitedFor(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		n.shared.leasing.close()
		n.shared.loading.close()
		go func() {
			pass(25 * time.Second)
			n.shared.leasing.open()
			pass(25 * time.Second)
			n.shared.loading.open()
		}()
		n.a.join("r")

		n.shared.leasing.close()
		if why := n.a.refused("other"); why.Code != CloseUnavailable || !errors.Is(why, context.DeadlineExceeded) {
			t.Errorf("closed with %v", why)
		}
		n.shared.leasing.open()
	})
}

// TestLeaseAfterRelease shows that a room that is opened again while its lease is given up waits
// for that, and has the lease then; and that rooms that could not be loaded, or have crashed, give
// up theirs.
func TestLeaseAfterRelease(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		c := n.a.joinSynced("r")
		n.shared.releasing.close()
		c.room.crash("a test")
		settle()
		joined := make(chan *client, 1)
		go func() { joined <- n.a.join("r") }()
		settle()
		if len(joined) > 0 {
			t.Fatal("it was loaded while its lease was given up")
		}
		n.shared.releasing.open()
		if d := <-joined; d.room == c.room || n.shared.ownerOf("r") != "a" || n.shared.releasesBy("a", "r") != 1 {
			t.Errorf("the lease is of %q", n.shared.ownerOf("r"))
		}
		n.shared.breakRoom("broken")
		n.a.refused("broken")
		settle()
		if owner := n.shared.ownerOf("broken"); owner != "" {
			t.Errorf("lease of a room that cannot be loaded is of %q", owner)
		}
	})
}

// cutOff is the error of a Store that is shared and cannot be reached.
type cutOff struct{}

func (cutOff) Error() string { return "cut off" }

func (cutOff) Unreachable() bool { return true }

// TestCutOffWhileLoading shows that a node that is cut off after it has taken the lease of a room
// closes the clients so that they come back, which is no error of that node, and gives the lease
// up.
func TestCutOffWhileLoading(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		n.shared.memStore.fail(cutOff{})
		why := n.a.refused("r")
		settle()
		if why.Code != CloseUnavailable || !errors.Is(why, cutOff{}) || n.shared.ownerOf("r") != "" {
			t.Errorf("closed with %v, the lease is of %q", why, n.shared.ownerOf("r"))
		}
		if log := n.a.out.String(); strings.Contains(log, "level=ERROR") || n.a.counter("realtime_room_load_failures_total") > 0 {
			t.Errorf("a failure of the node: %s", log)
		}
		n.shared.memStore.fail(nil)
		n.a.joinSynced("r")
	})
}

// TestDrainLeavesLeases shows that a node that cannot give up its leases, as it is cut off, ends in
// time and without an error.
func TestDrainLeavesLeases(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		for i := range 100 {
			n.a.joinSynced(fmt.Sprint("r", i))
		}
		n.shared.releasing.close()
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := n.a.Drain(ctx); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
		if !strings.Contains(n.a.out.String(), "lease of a room is not given up") {
			t.Error("it is not logged")
		}
		n.shared.releasing.open()
	})
}

// TestReleaseFails shows that a lease that cannot be given up holds up neither the engine nor the
// next load for long.
func TestReleaseFails(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		c := n.a.joinSynced("r")
		n.shared.releasing.close()
		c.room.crash("a test")
		settle()
		began := time.Now()
		n.a.join("r")
		if took := time.Since(began); took != releaseTimeout {
			t.Errorf("the next load waited %v", took)
		}
		n.shared.releasing.open()
		if !strings.Contains(n.a.out.String(), "lease of a room is not given up") {
			t.Error("it is not logged")
		}
	})
}

// TestDrainGivesUpLeases shows that Drain and HandOver give up the leases of rooms that are loaded,
// after their updates are durable.
func TestDrainGivesUpLeases(t *testing.T) {
	for name, drain := range map[string]func(e *Engine) error{
		"Drain":    func(e *Engine) error { return e.Drain(context.Background()) },
		"HandOver": func(e *Engine) error { return e.HandOver(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			onNodes(t, Config{}, false, func(n *nodes) {
				c := n.a.joinSynced("r")
				c.types(0, "text")
				if err := drain(n.a.Engine); err != nil {
					t.Fatal(err)
				}
				if n.shared.ownerOf("r") != "" || c.conn.closed() != CloseUnavailable {
					t.Errorf("lease is of %q", n.shared.ownerOf("r"))
				}
				if got := n.b.joinSynced("r").conn.stateVector(); len(got) != 1 {
					t.Errorf("the document has %v", got)
				}
			})
		})
	}
}

// TestReadWithoutLease shows that an administrator reads a room of another node as it is stored,
// without a lease.
func TestReadWithoutLease(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		n.a.joinSynced("r").types(0, "text")
		pass(time.Second)
		s, err := n.b.ReadVersion(context.Background(), roomkey.MustParse("r"), 0)
		if err != nil || s.Version != 1 || n.shared.ownerOf("r") != "a" {
			t.Errorf("version %d, %v", s.Version, err)
		}
	})
}

// TestReleaseOfReopenedRoom shows that a room that was opened again before its lease was given up
// keeps it.
func TestReleaseOfReopenedRoom(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		n.shared.releasing.close()
		for i := range recordsync.PoolSize {
			n.a.join(fmt.Sprint("busy-", i)).room.crash("a test")
		}
		c := n.a.joinSynced("r")
		c.room.crash("a test")
		d := n.a.joinSynced("r")
		n.shared.releasing.open()
		settle()
		if d.room == c.room || n.shared.ownerOf("r") != "a" || n.shared.releasesBy("a", "r") != 0 {
			t.Errorf("the lease is of %q", n.shared.ownerOf("r"))
		}
	})
}

// TestOpen shows that a room can be opened for somebody before they join: it is loaded, and its
// lease is given up if nobody comes; that the error says if another node has the room; and that a
// room is opened for nobody who is kept out.
func TestOpen(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		ctx, key := context.Background(), roomkey.MustParse("r")
		n.a.ban("eve", time.Hour)
		if err := n.a.Open(ctx, key, "eve"); err == nil || n.a.Leased(key) || n.shared.ownerOf("r") != "" {
			t.Errorf("opened for a banned user: %v", err)
		}
		if err := n.a.Open(ctx, key, "ann"); err != nil || !n.a.Leased(key) || n.shared.ownerOf("r") != "a" {
			t.Errorf("not opened: %v", err)
		}
		if err := n.b.Open(ctx, key, "bob"); !errors.Is(err, elsewhere{"a"}) || n.b.Leased(key) {
			t.Errorf("opened at another node: %v", err)
		}
		pass(n.a.Config().Grace / 2)
		n.a.join("r").Leave()
		pass(n.a.Config().Grace + time.Second)
		if n.a.Leased(key) || n.shared.ownerOf("r") != "" {
			t.Errorf("the lease is still of %q", n.shared.ownerOf("r"))
		}
		if err := n.b.Open(ctx, key, "bob"); err != nil {
			t.Error(err)
		}
	})
}

// TestLeased shows that a room counts as this node's from when its lease is taken, also if it takes
// long to load, and whoever opened it has not waited for that.
func TestLeased(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		key := roomkey.MustParse("r")
		n.shared.leasing.close()
		n.shared.loading.close()
		for _, gate := range []*gate{&n.shared.leasing, &n.shared.loading} {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			if err := n.a.Open(ctx, key, "ann"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("it does not wait: %v", err)
			}
			cancel()
			if leased := gate == &n.shared.loading; n.a.Leased(key) != leased {
				t.Errorf("leased: %v", n.a.Leased(key))
			}
			gate.open()
			settle()
		}
		pass(n.a.Config().Grace + time.Second)
		if n.a.Leased(key) || n.shared.ownerOf("r") != "" {
			t.Errorf("the lease is still of %q", n.shared.ownerOf("r"))
		}
	})
}
