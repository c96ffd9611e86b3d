package engine

import (
	"sync/atomic"
	"testing"
)

// TestGroup starts goroutines while Wait is called, which the race detector reports for a
// sync.WaitGroup.
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
		t.Errorf("%d goroutines have run", got)
	}
}

// TestGroupWaits shows that Wait returns when all goroutines have ended, and not before.
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
			t.Error("Wait returned too soon")
		}
		close(end)
		if settle(); !waited {
			t.Error("Wait has not returned")
		}
	})
}
