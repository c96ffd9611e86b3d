package main

import (
	"context"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
)

const drain = 5 * time.Second // time for updates to arrive after the last was due

func (b *bench) hot(ctx context.Context) ([]table.Row, error) {
	shape := load.Shape{Rooms: 1, Clients: 200, Writers: 20}
	all, err := b.all(ctx, shape, load.Pace{Updates: 10, For: b.runs, Patience: drain})
	if err != nil {
		return nil, err
	}
	return compared("200 clients, 20 write 10 updates a second", all, 1.0/10, "a tenth"), nil
}

func (b *bench) rooms(ctx context.Context) ([]table.Row, error) {
	shape := load.Shape{Rooms: 100, Clients: 10, Writers: 2}
	all, err := b.all(ctx, shape, load.Pace{Updates: 5, Moves: 2, For: b.runs, Patience: drain})
	if err != nil {
		return nil, err
	}
	return compared("1,000 clients, 100 rooms, 2 × (5 + 2 moves)/s", all, 2.0/3, "two thirds"), nil
}

// peak is the pace at which a server delivered most updates per CPU time.
type peak struct {
	perCore float64 // delivered updates in a second of the server's CPU
	perReal float64 // in a second
	share   float64 // of its core
}

func (p peak) String() string {
	return fmt.Sprintf("%.0f in a second of CPU (%.0f a second, with %.0f %% of the core)",
		p.perCore, p.perReal, 100*p.share)
}

// saturation lets all of two hundred clients of a room write, at a rising pace.
func (b *bench) saturation(ctx context.Context) (rows []table.Row, err error) {
	var us, best peak
	for i, p := range append([]peer{ours, bare}, others...) {
		found, err := b.saturate(ctx, p)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", p.name, err)
		}
		if i == 0 {
			us = found
			continue
		}
		rows = append(rows, table.New("  beside "+p.name, found.String(), "-", true))
		if found.perCore > best.perCore {
			best = found
		}
	}
	times := us.perCore / best.perCore
	first := table.New("200 clients, all write: most delivered", fmt.Sprintf("%s: %.1f times", us, times),
		"≥ 5 times the best other's", times >= 5)
	return append([]table.Row{first}, rows...), nil
}

const (
	stepFor  = 1500 * time.Millisecond
	stepLate = 2 * time.Second // after that a server, or the generator, has had enough
	growth   = 1.6
	steps    = 16
)

// saturate raises the pace until the server, or the generator, lags behind. The result is per CPU
// time of the server, so it does not matter which of them lags, nor whether the machine does other
// work.
func (b *bench) saturate(ctx context.Context, p peer) (best peak, err error) {
	s, err := b.start(ctx, p)
	if err != nil {
		return best, err
	}
	defer s.End()
	const clients = 200
	shape := load.Shape{Rooms: 1, Clients: clients, Writers: clients}
	f, err := load.Connect(ctx, s.Target, shape, b.stream)
	if err != nil {
		return best, err
	}
	defer f.Close()
	for i, rate, more := 0, 1.0, true; i < steps && more; i, rate = i+1, rate*growth {
		before := s.CPU()
		r, err := f.Run(ctx, load.Pace{Updates: rate, For: stepFor, Patience: 2 * stepLate})
		if err != nil {
			return best, err
		}
		if p := newPeak(r, s.CPU()-before); p.perCore > best.perCore {
			best = p
		}
		more = r.Lost() == 0 && r.Took < stepFor+stepLate
	}
	return best, nil
}

func newPeak(r load.Report, cpu time.Duration) peak {
	n := float64(r.Delivered)
	return peak{n / cpu.Seconds(), n / r.Took.Seconds(), cpu.Seconds() / r.Took.Seconds()}
}
