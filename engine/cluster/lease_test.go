package cluster_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/clustertest"
)

// TestTake shows that one node has the lease of a room, also for another that tries to take it, and
// that the other can take it as soon as it is released.
func TestTake(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		first := a.take(t, "room")
		b.mustBeAt(t, "room", a)
		if lease, ok := a.Held("room"); !ok || lease != first.Lease {
			t.Fatal(lease, ok)
		}
		if _, ok := b.Held("room"); ok {
			t.Fatal("both have it")
		}
		if err := a.Release(t.Context(), "room", "another"); err != nil {
			t.Fatal(err)
		}
		if _, ok := a.Lease("room"); ok {
			t.Fatal("it is not released")
		}
		if second := b.take(t, "room"); second.Lease.Fence <= first.Lease.Fence {
			t.Fatal("the fence does not grow", second.Lease)
		}
		a.mustBeAt(t, "room", b)
		if !errors.Is(&cluster.ElsewhereError{}, cluster.ErrNotOwner) {
			t.Error("an ElsewhereError is no ErrNotOwner")
		}
	})
}

// TestRenewalIsTriedAgain shows that a lease outlives the times at which it is to be renewed, if
// Redis is away just then.
func TestRenewalIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1", func(c *cluster.Config) { c.Renew = 0 })
		a.take(t, "room")
		time.Sleep(3900 * time.Millisecond)
		for range 2 { // each 4 s
			a.redis.SetCut(true)
			time.Sleep(200 * time.Millisecond)
			a.redis.SetCut(false)
			time.Sleep(3800 * time.Millisecond)
		}
		if _, ok := a.Held("room"); !ok { // after 11.9 s
			t.Error("the lease has ended")
		}
	})
}

// TestLeaseGoesOn shows that a lease is renewed for as long as the node runs, with the room's
// version, and that it ends by itself Config.TTL after the last renewal.
func TestLeaseGoesOn(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		a.holder.version = 7
		a.take(t, "room")
		time.Sleep(time.Minute)
		if _, ok := a.Held("room"); !ok {
			t.Fatal("the lease has ended")
		}
		b.mustBeAt(t, "room", a)
		a.kill()
		time.Sleep(8 * time.Second)
		b.mustBeAt(t, "room", a)
		time.Sleep(3 * time.Second)
		if g := b.take(t, "room"); g.Version != 7 {
			t.Fatal(g.Version)
		}
	})
}

// TestLeaseOfTheCutOff shows that a node that is cut off counts on its lease for Config.TTL less
// Config.Margin, and that another has the room only after that. When the line is back it learns
// that it has lost the room.
func TestLeaseOfTheCutOff(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		lease := a.take(t, "room").Lease
		a.redis.SetCut(true)
		for took := false; !took; {
			_, err := b.Take(t.Context(), "room")
			took = err == nil
			if _, held := a.Held("room"); held && took {
				t.Fatal("both count on it")
			}
			time.Sleep(100 * time.Millisecond)
		}
		if got, ok := a.Lease("room"); !ok || got != lease {
			t.Fatal("it has forgotten the room before Redis has said so")
		}
		same(t, a.holder.got(&a.holder.lost))
		a.redis.SetCut(false)
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, a.holder.got(&a.holder.lost), "room")
		if _, ok := a.Lease("room"); ok {
			t.Fatal("it still has the lease")
		}
		b.mustBeAtSelf(t, "room")
	})
}

// mustBeAtSelf fails unless this node has the room.
func (n *node) mustBeAtSelf(t *testing.T, room string) {
	t.Helper()
	if _, ok := n.Held(room); !ok {
		t.Fatal("the room is not held")
	}
}

// TestLeaseCountsFromSending shows that a lease is counted from when its renewal was sent, not from
// the answer, which may be late.
func TestLeaseCountsFromSending(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		a.redis.Before(func(method string) {
			if method == "Acquire" {
				time.Sleep(2 * time.Second)
			}
		})
		sent := time.Now()
		a.take(t, "room")
		a.redis.SetCut(true)
		time.Sleep(time.Until(sent.Add(8*time.Second)) - time.Millisecond)
		a.mustBeAtSelf(t, "room")
		time.Sleep(time.Millisecond)
		if _, ok := a.Held("room"); ok {
			t.Fatal("it is counted from the answer")
		}
	})
}

// TestRefused shows that a refused write of an earlier lease of the room does not drop the current
// one, and that one of the current lease does.
func TestRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		first := a.take(t, "room").Lease
		if err := a.Release(t.Context(), "room"); err != nil {
			t.Fatal(err)
		}
		second := a.take(t, "room").Lease
		a.Refused(first)
		same(t, a.holder.got(&a.holder.lost))
		a.mustBeAtSelf(t, "room")
		a.Refused(second)
		a.Refused(second)
		same(t, a.holder.got(&a.holder.lost), "room")
	})
}

// TestRenewalAnswers shows that a node learns with a renewal that late updates wait, and that
// another node asks for the room.
func TestRenewalAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		a.take(t, "room")
		other := w.redis.Client()
		late := []cluster.Late{{Room: "room", Incarnation: 1, Data: []byte("late")}}
		if err := other.OfferLate(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, a.holder.got(&a.holder.late), "room")
		same(t, a.holder.got(&a.holder.asked))
		if err := other.AskFor(t.Context(), "room", time.Second/2); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, a.holder.got(&a.holder.asked))
		if err := other.AskFor(t.Context(), "room", 3*time.Second/2); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, a.holder.got(&a.holder.asked), "room")
	})
}

// TestTakeTriesAgain shows that a lease is taken although the answers of the first tries are lost,
// as long as announcements arrive, and that no more tries are made than there are.
func TestTakeTriesAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		tries := 0
		loses := func(n int) {
			a.redis.After(func(method string) error {
				if method != "Acquire" {
					return nil
				}
				if tries++; tries > n {
					return nil
				}
				return clustertest.ErrUnreachable
			})
		}
		loses(2)
		a.take(t, "room")
		tries = 0
		loses(100)
		if _, err := a.Take(t.Context(), "another"); err == nil || tries != 3 {
			t.Fatal(err, tries)
		}
	})
}
