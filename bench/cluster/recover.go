package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
)

// recovered are the rooms whose node ends, and how long it may take until all are served again.
const (
	recovered = 100
	tries     = 60 * time.Second
)

// takeover measures how long it takes until all rooms of a node that was killed are served by
// another, to a client that tries again at once.
func (b *bench) takeover(ctx context.Context) ([]table.Row, error) {
	took, err := b.without(ctx, func(t *town) { t.nodes[0].Kill() })
	if err != nil {
		return nil, err
	}
	return []table.Row{again("kill -9 of a node", took, 15)}, nil
}

// drained measures the same for a node that is asked to end.
func (b *bench) drained(ctx context.Context) ([]table.Row, error) {
	took, err := b.without(ctx, func(t *town) { t.nodes[0].Stop() })
	if err != nil {
		return nil, err
	}
	return []table.Row{again("SIGTERM to a node", took, 2)}, nil
}

// again makes the row of a node that ended.
func again(what string, took time.Duration, bound float64) table.Row {
	figure := fmt.Sprintf("%d rooms can be typed into again after %.1f s", recovered, took.Seconds())
	return table.Most(what, figure, fmt.Sprintf("%.0f s", bound), took.Seconds(), bound)
}

// without lets the first of two nodes open rooms, ends it, and returns how long it takes until the
// second serves all of them.
func (b *bench) without(ctx context.Context, end func(*town)) (took time.Duration, err error) {
	t, err := b.start(ctx, hashed)
	if err != nil {
		return 0, err
	}
	defer func() {
		t.nodes = t.nodes[1:] // the first has ended, or ends
		t.end()
	}()
	first, second := t.target(), t.target()
	first.Place, second.Place = nil, nil
	first.Addr, second.Addr = t.nodes[0].Addr, t.nodes[1].Addr
	for i := range recovered {
		g, err := load.Visit(ctx, first, room(i))
		if err != nil {
			return 0, err
		}
		defer g.Leave()
		if err := g.Put(b.stream.Append(nil, 0, 1<<30)); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	end(t)
	var all sync.WaitGroup
	errs := make([]error, recovered)
	for i := range recovered {
		all.Go(func() { errs[i] = b.back(ctx, second, room(i)) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

func room(i int) string { return fmt.Sprint("recovered-", i) }

// back returns when a client can type into a room, which it tries again and again.
func (b *bench) back(ctx context.Context, to load.Target, room string) error {
	var last error
	for began := time.Now(); time.Since(began) < tries; time.Sleep(50 * time.Millisecond) {
		g, err := load.Visit(ctx, to, room)
		if last = err; err != nil {
			continue
		}
		// A client sends again what the room lacks, as the last moment of a node that was killed.
		last = errors.Join(g.Put(b.stream.Append(nil, 0, 1<<30)),
			g.Put(b.stream.Append(nil, 1, 1<<30)))
		g.Leave()
		if last == nil {
			return nil
		}
	}
	return fmt.Errorf("%s is not served again: %w", room, last)
}
