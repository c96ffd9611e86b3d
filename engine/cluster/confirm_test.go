package cluster_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// TestConfirm shows until when a confirmed lease counts, and what cannot be confirmed: a room of
// another node, one that was lost without notice, and any while Redis is away.
func TestConfirm(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		a.take(t, "room")
		time.Sleep(10 * time.Second)
		until, err := a.Confirm(t.Context(), "room")
		if left := time.Until(until); err != nil || left != 8*time.Second {
			t.Fatal(left, err)
		}
		if _, err := b.Confirm(t.Context(), "room"); !errors.Is(err, cluster.ErrNotOwner) {
			t.Fatal(err)
		}
		w.redis.SetUp(false)
		if err := (cluster.Claims{Node: a.Node}).Confirm(t.Context(), "room"); err == nil {
			t.Fatal("nobody has confirmed it")
		}
		a.redis.SetCut(true)
		w.redis.SetUp(true)
		time.Sleep(11 * time.Second)
		b.take(t, "room")
		a.redis.SetCut(false)
		if _, err := a.Confirm(t.Context(), "room"); !errors.Is(err, cluster.ErrNotOwner) {
			t.Fatal(err)
		}
		same(t, a.holder.got(&a.holder.lost), "room")
	})
}

// TestNoConfirmationAfterFailover shows that nothing is confirmed for Config.TTL after a failover,
// even if the failover has not been noticed yet, as another node may have been confirmed by the
// Redis before.
func TestNoConfirmationAfterFailover(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		a.take(t, "room")
		time.Sleep(20*time.Second + 10*time.Millisecond)
		w.redis.Replicate()
		w.redis.Failover(0)
		failed := time.Now()
		for time.Since(failed) < 10*time.Second {
			if _, err := a.Confirm(t.Context(), "room"); !errors.Is(err, cluster.ErrUnconfirmed) {
				t.Fatal(time.Since(failed), err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Second)
		if _, err := a.Confirm(t.Context(), "room"); err != nil {
			t.Fatal(err)
		}
	})
}

// TestConfirmationAfterStart shows that a node that has just started waits as after a failover,
// which it would not have noticed, unless it joins a node that has known this Redis for long.
func TestConfirmationAfterStart(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		a.take(t, "room")
		if _, err := a.Confirm(t.Context(), "room"); !errors.Is(err, cluster.ErrUnconfirmed) {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		if _, err := a.Confirm(t.Context(), "room"); err != nil {
			t.Fatal(err)
		}
		b := w.start("b:1")
		b.take(t, "another")
		if _, err := b.Confirm(t.Context(), "another"); err != nil {
			t.Fatal(err)
		}
	})
}

// TestClaim shows that a text that one node has claimed is known to the others, that a claim has a
// deadline within the lease, and that none is made without the lease.
func TestClaim(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		a.take(t, "room")
		time.Sleep(11 * time.Second)
		deadline, err := a.Claim(t.Context(), "room", "hash", 3)
		if left := time.Until(deadline); err != nil || left > 8*time.Second || left <= 0 {
			t.Fatal(left, err)
		}
		if _, err := b.Claim(t.Context(), "room", "other", 3); !errors.Is(err, cluster.ErrNotOwner) {
			t.Fatal(err)
		}
		for hash, want := range map[string]bool{"hash": true, "other": false} {
			if got, err := b.Claimed(t.Context(), "room"); err != nil || slices.Contains(got, hash) != want {
				t.Error(hash, got, err)
			}
		}
		if err := a.Release(t.Context(), "room"); err != nil {
			t.Fatal(err)
		}
		if g := b.take(t, "room"); g.Version != 3 {
			t.Error("the version is not known to the next node", g.Version)
		}
	})
}

// TestConfirmTogether shows that confirmations at the same time share their announcements.
func TestConfirmTogether(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		rooms := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
		for _, room := range rooms {
			a.take(t, room)
		}
		time.Sleep(11*time.Second + 100*time.Millisecond)
		var mu sync.Mutex
		announced := 0
		a.redis.Before(func(method string) {
			if method == "Announce" {
				mu.Lock()
				announced++
				mu.Unlock()
				time.Sleep(10 * time.Millisecond)
			}
		})
		var all sync.WaitGroup
		for _, room := range rooms {
			all.Go(func() {
				if _, err := a.Confirm(t.Context(), room); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		synctest.Wait()
		if announced == 0 || announced > 2 {
			t.Error("announcements:", announced)
		}
	})
}
