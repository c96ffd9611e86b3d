package cluster_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// at returns where a node says that a room is.
func (n *node) at(t *testing.T, room string) string {
	t.Helper()
	address, err := n.Owner(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// TestOwner shows where a node sends those who come for a room: nowhere for its own rooms and those
// of nobody, else to the node that has it, at the latest after the next announcement.
func TestOwner(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		time.Sleep(1100 * time.Millisecond) // a has seen b
		same(t, []string{a.at(t, "room"), b.at(t, "room")}, "", "")
		a.take(t, "room")
		same(t, []string{a.at(t, "room"), b.at(t, "room")}, "", "a:1")
		if err := a.Release(t.Context(), "room"); err != nil {
			t.Fatal(err)
		}
		b.take(t, "room")
		same(t, []string{a.at(t, "room"), b.at(t, "room")}, "b:1", "")
		if err := b.Release(t.Context(), "room"); err != nil {
			t.Fatal(err)
		}
		a.take(t, "room")
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, []string{a.at(t, "room"), b.at(t, "room")}, "", "a:1")
	})
}

// TestOwnerIsAskedOnce shows that where a room is at another node is asked of Redis once between
// two announcements, however many come for it.
func TestOwnerIsAskedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		a.take(t, "room")
		time.Sleep(1100 * time.Millisecond)
		asked := 0
		b.redis.Before(func(method string) {
			if method == "Owners" {
				asked++
			}
		})
		for range 100 {
			b.at(t, "room")
		}
		if asked != 1 {
			t.Error(asked)
		}
	})
}

// TestOwnerIsAway shows what is said of the rooms of a node that has died: its address for as long
// as it may be there, then that it is away, and nothing once its lease has ended.
func TestOwnerIsAway(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		time.Sleep(1100 * time.Millisecond)
		a.take(t, "room")
		a.redis.SetCut(true) // nothing of it arrives, and its lease is newer than its announcement
		a.stop()
		same(t, []string{b.at(t, "room")}, "a:1")
		time.Sleep(9950 * time.Millisecond)
		synctest.Wait()
		if _, err := b.Owner(t.Context(), "room"); !errors.Is(err, cluster.ErrAway) {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, []string{b.at(t, "room")}, "")
		w.redis.SetUp(false)
		if _, err := b.Owner(t.Context(), "room"); err == nil || errors.Is(err, cluster.ErrAway) {
			t.Fatal(err)
		}
	})
}

// TestUnreachable shows that a node whose rooms cannot be reached is asked for them through Redis
// for as long as somebody comes for them, if it goes on announcing itself; and that this node is
// not ready after half of Config.TTL.
func TestUnreachable(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		time.Sleep(1100 * time.Millisecond)
		a.take(t, "room")
		for i := range 9 {
			if notReady := b.Ready() != nil; notReady && i < 5 || !notReady && i >= 8 {
				t.Fatal(i, b.Ready())
			}
			address := b.at(t, "room")
			time.Sleep(time.Second) // dialling may take long
			b.Unreachable("room", address)
			synctest.Wait()
		}
		if asked := a.holder.got(&a.holder.asked); len(asked) < 3 || asked[0] != "room" {
			t.Fatal(asked)
		}
		if err := a.Ready(); err != nil {
			t.Fatal(err)
		}
		if err := a.Release(t.Context(), "room"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := b.Ready(); err != nil {
			t.Fatal(err)
		}
		b.take(t, "room")
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, b.holder.got(&b.holder.asked)) // an old question is not the new owner's
	})
}

// TestUnreachableIsForgotten shows that a node is not asked for a room for ever when nobody comes
// for it any more.
func TestUnreachableIsForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		time.Sleep(1100 * time.Millisecond)
		a.take(t, "room")
		b.Unreachable("room", b.at(t, "room"))
		time.Sleep(25 * time.Second)
		synctest.Wait()
		if err := b.Ready(); err != nil {
			t.Fatal(err)
		}
		asked := len(a.holder.got(&a.holder.asked))
		time.Sleep(25 * time.Second)
		synctest.Wait()
		if again := len(a.holder.got(&a.holder.asked)); asked == 0 || again != asked {
			t.Error(asked, again)
		}
	})
}

// TestUnreachableAndDead shows that a node that has died is not asked for its rooms, and leaves the
// others ready.
func TestUnreachableAndDead(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		time.Sleep(1100 * time.Millisecond)
		a.take(t, "room")
		a.kill()
		b.redis.Before(func(method string) {
			if method == "AskFor" {
				t.Error("a dead node is asked")
			}
		})
		for {
			address, err := b.Owner(t.Context(), "room")
			if address == "" && err == nil {
				break
			}
			b.Unreachable("room", address)
			if err := b.Ready(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
}
