package main

import (
	"context"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
)

const drain = 5 * time.Second // for what is on its way when the last update was due

func (b *bench) hot(ctx context.Context) ([]row, error) {
	all, err := b.all(ctx, load.Shape{Rooms: 1, Clients: 200, Writers: 20}, load.Pace{Updates: 10, For: b.runs, Patience: drain})
	if err != nil {
		return nil, err
	}
	return compared("200 clients, 20 write 10 updates a second", all, 1.0/10, "a tenth"), nil
}

func (b *bench) rooms(ctx context.Context) ([]row, error) {
	all, err := b.all(ctx, load.Shape{Rooms: 100, Clients: 10, Writers: 2}, load.Pace{Updates: 5, Moves: 2, For: b.runs, Patience: drain})
	if err != nil {
		return nil, err
	}
	return compared("1,000 clients, 100 rooms, 2 × (5 + 2 moves)/s", all, 2.0/3, "two thirds"), nil
}

// peak is the most that a server delivered.
type peak struct {
	name      string
	perSecond float64 // delivered updates
	share     float64 // of its core
	generator float64 // the same, of the generator
}

// full is what the server would deliver with its whole core, where it was the generator that had no more time.
func (p peak) full() float64 {
	if p.generator > 0.9 && p.share > 0 && p.share < 0.9 {
		return p.perSecond / p.share
	}
	return p.perSecond
}

func (p peak) String() string {
	s := fmt.Sprintf("%.0f a second with %.0f %% of the core", p.perSecond, 100*p.share)
	if p.full() != p.perSecond {
		s += fmt.Sprintf(" (generator full: %.0f)", p.full())
	}
	return s
}

// saturation has a room of two hundred write more and more.
func (b *bench) saturation(ctx context.Context) (rows []row, err error) {
	var us, best peak
	for i, p := range append([]peer{ours, bare}, others...) {
		found, err := b.saturate(ctx, p)
		if err != nil {
			return rows, err
		}
		if i == 0 {
			us = found
			continue
		}
		rows = append(rows, row{"  beside " + p.name, found.String(), "-", true})
		if found.full() > best.full() {
			best = found
		}
	}
	times := us.full() / best.full()
	first := row{"200 clients, all write: most delivered", fmt.Sprintf("%s: %.1f times", us, times), "≥ 5 times the best other's", times >= 5}
	return append([]row{first}, rows...), nil
}

const (
	stepFor  = 1500 * time.Millisecond
	stepLate = 500 * time.Millisecond // after that a server has not kept up
	growth   = 1.6
	steps    = 16
)

// saturate raises the pace until the server, or the generator, does not keep up.
func (b *bench) saturate(ctx context.Context, p peer) (best peak, err error) {
	best.name = p.name
	s, err := b.start(ctx, p)
	if err != nil {
		return best, err
	}
	defer s.end()
	const clients = 200
	f, err := load.Connect(ctx, s.Target, load.Shape{Rooms: 1, Clients: clients, Writers: clients}, b.stream)
	if err != nil {
		return best, fmt.Errorf("%s: %w", p.name, err)
	}
	defer f.Close()
	rate := 1.0 // a second and writer
	for range steps {
		kept, found, err := step(ctx, s, f, rate)
		if err != nil {
			return best, fmt.Errorf("%s: %w", p.name, err)
		}
		if found.name = p.name; found.full() > best.full() {
			best = found
		}
		if !kept {
			break
		}
		rate *= growth
	}
	return best, nil
}

func step(ctx context.Context, s *server, f *load.Fleet, rate float64) (kept bool, p peak, err error) {
	before, own := s.cpu(), ownCPU()
	r, err := f.Run(ctx, load.Pace{Updates: rate, For: stepFor, Patience: stepFor})
	if err != nil {
		return false, p, err
	}
	took := r.Took.Seconds()
	p.perSecond = float64(r.Delivered) / took
	p.share = (s.cpu() - before).Seconds() / took
	p.generator = (ownCPU() - own).Seconds() / took
	return r.Lost() == 0 && r.Took < stepFor+stepLate, p, nil
}
