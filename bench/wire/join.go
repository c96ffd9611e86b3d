package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// times is the factor by which the document is larger in which fifty joins must take no more
// memory.
const times = 10

// joins measures joining a room with the B4 document in it.
func (b *bench) joins(ctx context.Context) ([]table.Row, error) {
	larger, err := b.larger()
	if err != nil {
		return nil, err
	}
	small, err := b.joined(ctx, b.stream.Append(nil, 0, 1<<31))
	if err != nil {
		return nil, err
	}
	b4, err := b.joined(ctx, b.state)
	if err != nil {
		return nil, err
	}
	large, err := b.joined(ctx, larger)
	if err != nil {
		return nil, err
	}
	growth := float64(large.peak-b4.peak) / float64(len(larger)-len(b.state))
	return []table.Row{
		table.New(fmt.Sprintf("join to the B4 document, %d KB", len(b.state)/1000),
			fmt.Sprintf("%.2f ms of CPU; %.2f ms where there is one character", b4.cpu, small.cpu), "≤ 0.5 ms", b4.cpu <= 0.5),
		table.New("  the same, ten times as large", fmt.Sprintf("%.2f ms of CPU", large.cpu), "-", true),
		table.New("  fifty at once", fmt.Sprintf("%.1f MB at most; ten times the document: %.1f MB, %.1f documents more", float64(b4.peak)/1e6, float64(large.peak)/1e6, growth),
			"≤ 5 documents more, not 50", growth <= 5),
	}, nil
}

// larger returns the state of a document that ten clients have typed into.
func (b *bench) larger() ([]byte, error) {
	const author = 1742536027 // client id of the state; streams.mjs has it too
	d := new(ydoc.Doc)
	for i := range uint64(times) {
		u, err := yjs.CheckUpdate(load.Readdress(nil, b.state, author, 1<<31+i))
		if err != nil {
			return nil, err
		}
		if out := d.Apply(u); out.Missing || out.Refused != nil {
			return nil, errors.New("the document cannot be made larger")
		}
	}
	return d.AppendState(nil), nil
}

type joined struct {
	cpu  float64 // of a join, in milliseconds
	peak int64   // of the memory that fifty take at once, in bytes
}

// joined measures a new server with one room, in which one client stays. Memory is measured first,
// as memory that was used and freed before would hide growth.
func (b *bench) joined(ctx context.Context, document []byte) (j joined, err error) {
	s, err := b.start(ctx, ours)
	if err != nil {
		return j, err
	}
	defer s.End()
	host, err := load.Visit(ctx, s.Target, "b4")
	if err != nil {
		return j, err
	}
	defer host.Leave()
	if err := host.Put(document); err != nil {
		return j, err
	}
	if j.peak, err = atOnce(ctx, s); err != nil {
		return j, err
	}
	j.cpu, err = oneByOne(ctx, s)
	return j, err
}

func oneByOne(ctx context.Context, s *server) (cpu float64, err error) {
	const warm, n = 50, 400
	var before time.Duration
	for i := range warm + n {
		if i == warm {
			before = s.CPU()
		}
		g, err := load.Visit(ctx, s.Target, "b4")
		if err != nil {
			return 0, err
		}
		g.Leave()
	}
	return (s.CPU() - before).Seconds() * 1e3 / n, nil
}

// atOnce returns by how much the server's memory grows when fifty clients join and stay.
func atOnce(ctx context.Context, s *server) (grown int64, err error) {
	const n = 50
	if err := s.ResetPeak(); err != nil {
		return 0, err
	}
	before, _ := s.Memory()
	var all sync.WaitGroup
	guests, failures := make([]*load.Guest, n), make([]error, n)
	for i := range n {
		all.Go(func() { guests[i], failures[i] = load.Visit(ctx, s.Target, "b4") })
	}
	all.Wait()
	_, peak := s.Memory()
	for _, g := range guests {
		if g != nil {
			g.Leave()
		}
	}
	return peak - before, errors.Join(failures...)
}
