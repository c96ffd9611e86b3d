package hold

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// waiting is a Waiter that counts what is done with it.
type waiting struct {
	open                    *atomic.Bool // a try succeeds
	tries, expired, stopped atomic.Int32
	over                    atomic.Bool
}

func (w *waiting) Try() bool {
	w.tries.Add(1)
	w.over.Store(w.open.Load())
	return w.over.Load()
}
func (w *waiting) Expired() { w.expired.Add(1) }
func (w *waiting) Stopped() { w.stopped.Add(1) }

// TestWaits shows that connections wait until one can be tried with success, that only one of a
// room is tried until then, ever more rarely, and that the others follow at once.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, open := New(), new(atomic.Bool)
		all := make([]*waiting, 1000)
		for i := range all {
			all[i] = &waiting{open: open}
			if !h.Add("a", all[i], time.Now().Add(time.Minute), len(all)) {
				t.Fatal("it cannot wait")
			}
		}
		if h.Add("b", &waiting{}, time.Now().Add(time.Minute), len(all)) {
			t.Error("one more waits")
		}
		if n := h.Len(); n != len(all) || !h.Waits("a") || h.Waits("b") {
			t.Errorf("%d wait", n)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		tries := 0
		for _, w := range all {
			tries += int(w.tries.Load())
		}
		if tries < 10 || tries > 14 {
			t.Errorf("%d tries in 10 s", tries)
		}
		open.Store(true)
		time.Sleep(lastPause)
		synctest.Wait()
		for _, w := range all {
			if !w.over.Load() || w.expired.Load()+w.stopped.Load() > 0 {
				t.Fatal("one still waits")
			}
		}
		if h.Len() != 0 || h.Waits("a") {
			t.Error("the room is still there")
		}
	})
}

// TestExpires shows that a wait ends at its time, that of others goes on, and that a connection
// whose client has left is not tried any more.
func TestExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, shut := New(), new(atomic.Bool)
		short, long, leaves := &waiting{open: shut}, &waiting{open: shut}, &waiting{open: shut}
		h.Add("a", short, time.Now().Add(5*time.Second), 3)
		h.Add("a", long, time.Now().Add(time.Hour), 3)
		h.Add("a", leaves, time.Now().Add(time.Hour), 3)
		if !h.Remove("a", leaves) || h.Remove("a", leaves) || h.Remove("b", leaves) {
			t.Error("a client does not leave once")
		}
		time.Sleep(7 * time.Second)
		synctest.Wait()
		if short.expired.Load() != 1 || long.expired.Load() != 0 || h.Len() != 1 {
			t.Errorf("%d and %d have expired", short.expired.Load(), long.expired.Load())
		}
		if leaves.tries.Load()+leaves.expired.Load() != 0 {
			t.Error("a client that has left is tried")
		}
		if !h.Remove("a", long) {
			t.Error("the last does not leave")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if h.Waits("a") {
			t.Error("the room is still there")
		}
	})
}

// TestStop shows that Stop ends all waits, once, and those that begin later.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, shut := New(), new(atomic.Bool)
		var all []*waiting
		for _, room := range []string{"a", "a", "b"} {
			w := &waiting{open: shut}
			all = append(all, w)
			h.Add(room, w, time.Now().Add(time.Hour), 10)
		}
		var twice sync.WaitGroup
		twice.Go(h.Stop)
		twice.Go(h.Stop)
		twice.Wait()
		w := &waiting{open: shut}
		if !h.Add("c", w, time.Now().Add(time.Hour), 10) {
			t.Error("it is one too many")
		}
		synctest.Wait()
		for _, w := range append(all, w) {
			if w.stopped.Load() != 1 {
				t.Errorf("stopped %d times", w.stopped.Load())
			}
		}
		if h.Len() != 0 {
			t.Error("some wait")
		}
	})
}
