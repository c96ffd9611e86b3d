package engine

import (
	"sync/atomic"
	"testing"
)

// TestGroup has goroutines begin while others wait for all that there are. The race detector finds
// fault with a sync.WaitGroup that is used so.
func TestGroup(t *testing.T) {
	var g group
	var ran atomic.Int64
	const n = 1000
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		for range n {
			g.Wait()
		}
	}()
	for range n {
		g.Go(func() { ran.Add(1) })
	}
	<-waited
	g.Wait()
	if got := ran.Load(); got != n {
		t.Errorf("%d have run", got)
	}
}

// TestGroupWaits shows that it waits for who is running.
func TestGroupWaits(t *testing.T) {
	inWorld(t, Config{}, func(*world) {
		var g group
		end, waited := make(chan struct{}), false
		g.Go(func() { <-end })
		go func() {
			g.Wait()
			waited = true
		}()
		if settle(); waited {
			t.Error("it has not waited")
		}
		close(end)
		if settle(); !waited {
			t.Error("it waits on")
		}
	})
}
