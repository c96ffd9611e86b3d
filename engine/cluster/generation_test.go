package cluster_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// TestTakeWaitsForOthers shows that nobody takes a lease after a failover, a restart or an emptying
// before all live nodes have put back what they have; and that the own node is one of them.
func TestTakeWaitsForOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		time.Sleep(5 * time.Second)
		for _, slow := range []*node{a, b} {
			for _, happens := range []func(){w.redis.Restart, w.redis.Empty, func() { w.redis.Failover(0) }} {
				w.redis.Replicate()
				goOn := make(chan struct{})
				slow.holder.set(func() error { <-goOn; return nil })
				happens()
				answer := a.takes(t, "room")
				time.Sleep(30 * time.Second)
				waits(t, answer)
				close(goOn)
				time.Sleep(time.Second)
				done(t, answer)
				if err := a.Release(t.Context(), "room"); err != nil {
					t.Fatal(err)
				}
			}
			slow.holder.set(nil)
		}
	})
}

// TestTakeWaitsForTheMissing shows that after an emptying, which takes the announcements as well,
// the nodes that were there before are waited for: until they have announced that they have put
// back what they have, or for Config.TTL.
func TestTakeWaitsForTheMissing(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		time.Sleep(5 * time.Second)
		for _, comesBack := range []bool{true, false} {
			b.redis.SetCut(true)
			w.redis.Empty()
			answer := a.takes(t, "room")
			time.Sleep(9 * time.Second)
			waits(t, answer)
			if comesBack {
				b.redis.SetCut(false)
			}
			time.Sleep(2 * time.Second)
			done(t, answer)
		}
	})
}

// TestTakeDoesNotWaitForever shows that a node that is there, and does not put back what it has, is
// not waited for without end.
func TestTakeDoesNotWaitForever(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.start("a:1"), w.start("b:1")
		b.holder.set(func() error { return errors.New("the disk cannot be read") })
		w.redis.Restart()
		answer := a.takes(t, "room")
		time.Sleep(59 * time.Second)
		waits(t, answer)
		time.Sleep(2 * time.Second)
		done(t, answer)
	})
}

// TestTakeFails shows that taking a room fails when Redis cannot be reached, instead of waiting.
func TestTakeFails(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		w.redis.SetUp(false)
		for range 20 {
			if _, err := a.Take(t.Context(), "room"); err == nil {
				t.Fatal("it took a lease of nobody")
			}
			time.Sleep(time.Second)
		}
		w.redis.SetUp(true)
		time.Sleep(time.Second)
		synctest.Wait()
		a.take(t, "room")
	})
}

// TestPutBack shows for which changes the holder is called: at the start, after a restart, and
// after an emptying; and that it is called again after an error.
func TestPutBack(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		fails := true
		a.holder.set(func() error {
			if fails {
				fails = false
				return errors.New("once")
			}
			return nil
		})
		w.redis.Restart()
		time.Sleep(3 * time.Second)
		w.redis.Empty()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		var all []cluster.Change
		a.holder.mu.Lock()
		for _, changes := range a.holder.changes {
			all = append(all, changes...)
		}
		a.holder.mu.Unlock()
		if len(all) != 4 || all[1] != all[2] {
			t.Fatalf("%+v", all)
		}
		for i, emptied := range map[int]bool{0: true, 1: false, 3: true} {
			if cluster.Emptied(all[i].Before, all[i].Now) != emptied {
				t.Errorf("%d: %+v", i, all[i])
			}
		}
		if all[0].Before != "" || all[1].Before != all[0].Now || all[3].Before != all[1].Now {
			t.Errorf("%+v", all)
		}
	})
}

// TestTakeOfAnotherGeneration shows that a lease is not taken in a Redis that the node does not yet
// know: it failed over after the last announcement.
func TestTakeOfAnotherGeneration(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		put := 0
		a.holder.set(func() error { put++; return nil })
		a.redis.Before(func(method string) {
			if method == "Acquire" {
				a.redis.Before(nil)
				w.redis.Restart()
			}
		})
		a.take(t, "room")
		if put != 1 {
			t.Fatal("the lease was taken before it put back what it has", put)
		}
	})
}
