package engine

import (
	"context"
	"sync"
)

// group counts goroutines that are running. Unlike those of a sync.WaitGroup, more may begin during
// a call of Wait, as happens when peers leave while the engine drains.
type group struct {
	mu   sync.Mutex // a leaf; guards everything below
	n    int
	none chan struct{} // closed when n is 0 again; nil unless Wait was called
}

// Go calls f on a goroutine of its own.
func (g *group) Go(f func()) {
	g.add(1)
	go func() {
		defer g.add(-1)
		f()
	}()
}

func (g *group) add(delta int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n += delta; g.n == 0 && g.none != nil {
		close(g.none)
		g.none = nil
	}
}

// Wait returns at a moment at which none of the goroutines is running.
func (g *group) Wait() {
	g.mu.Lock()
	if g.n == 0 {
		g.mu.Unlock()
		return
	}
	if g.none == nil {
		g.none = make(chan struct{})
	}
	none := g.none
	g.mu.Unlock()
	<-none
}

// awaitClosed waits until c is closed, or returns ctx's error.
func awaitClosed(ctx context.Context, c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
