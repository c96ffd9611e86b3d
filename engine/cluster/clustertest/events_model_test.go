package clustertest_test

import (
	"context"
	"slices"
	"time"
)

// event is something that happens, to a machine or to a client.
type event struct {
	name   string
	weight float64
	do     func(w *world, p *place, c *client)
}

// events are what may happen, with weights.
var events = []event{
	{"type", 40, func(_ *world, _ *place, c *client) { c.types() }},
	{"connect", 20, func(_ *world, p *place, c *client) { c.connects(p.process()) }},
	{"leave", 5, func(_ *world, _ *place, c *client) { c.leaves() }},
	{"forget", 3, func(_ *world, _ *place, c *client) { c.forgets() }},
	{"crash", 2, func(_ *world, p *place, _ *client) {
		if c := p.process(); c != nil {
			c.kill()
		}
	}},
	{"restart", 5, func(_ *world, p *place, _ *client) {
		if p.mayStart() {
			p.start()
		}
	}},
	{"pause", 2, func(_ *world, p *place, _ *client) {
		if c := p.process(); c != nil {
			c.pause()
		}
	}},
	{"resume", 4, func(_ *world, p *place, _ *client) {
		if c := p.process(); c != nil {
			c.resume()
		}
	}},
	{"cut", 3, func(_ *world, p *place, _ *client) { p.setCut(true) }},
	{"heal", 5, func(_ *world, p *place, _ *client) { p.setCut(false) }},
	{"lose", 3, func(_ *world, p *place, _ *client) {
		if c := p.process(); c != nil {
			c.lose()
		}
	}},
	{"part", 1, func(w *world, p *place, _ *client) { w.setParted(p, true) }},
	{"join", 2, func(w *world, p *place, _ *client) { w.setParted(p, false) }},
	{"drain", 2, func(_ *world, p *place, _ *client) {
		if c := p.process(); c != nil {
			c.drain()
		}
	}},
	{"snapshot", 6, func(w *world, p *place, _ *client) {
		if c := p.process(); c != nil {
			w.all.Go(func() { c.snapshot() })
		}
	}},
	{"down", 1, func(w *world, _ *place, _ *client) { w.redis.setUp(false) }},
	{"up", 4, func(w *world, _ *place, _ *client) { w.redis.setUp(true) }},
	{"failover", 0.5, func(w *world, _ *place, _ *client) {
		if w.redis.failover(w.r.IntN(4)) {
			w.loses()
		}
	}},
	{"restart Redis", 0.5, func(w *world, _ *place, _ *client) { w.redis.restart() }},
	{"empty", 0.2, func(w *world, _ *place, _ *client) {
		w.redis.empty()
		w.loses()
	}},
	{"drop", 1, func(w *world, _ *place, _ *client) { w.drop() }},
	{"destroy", 0.2, func(w *world, p *place, _ *client) {
		destroyed := func(p *place) bool { return p.destroyed }
		if p.mayStart() && !slices.ContainsFunc(w.places, destroyed) {
			p.destroyed = true
		}
	}},
	{"gone", 0.5, func(w *world, _ *place, c *client) { w.goes(c) }},
}

func (p *place) setCut(cut bool) {
	p.cut = cut
	if c := p.process(); c != nil {
		c.link.SetCut(cut)
	}
}

// setParted sets whether other machines can reach one.
func (w *world) setParted(p *place, parted bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p.parted = parted
}

func (c *process) snapshot() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_, _ = c.engine.Snapshot(ctx, room, "") // it may have no room
}

// loses notes that Redis has lost something, which may be that a room was dropped.
func (w *world) loses() {
	w.lossy = true
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropped = ids{}
}

// drop drops the room as an expiry does: nobody is in it, and nobody has it.
func (w *world) drop() {
	w.settle()
	w.mu.Lock()
	used := slices.ContainsFunc(w.clients, func(c *client) bool { return c.conn != nil || c.joining })
	w.mu.Unlock()
	if used {
		return
	}
	was, ok := w.redis.drop()
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.saved.add(was)
	w.dropped.add(was)
}

// goes ends a client for ever, with its document; two at most.
func (w *world) goes(c *client) {
	gone := 0
	w.mu.Lock()
	for _, other := range w.clients {
		if other.gone {
			gone++
		}
	}
	if gone < 2 {
		c.gone = true
	}
	w.mu.Unlock()
	if gone < 2 {
		c.leaves()
	}
}

// act lets one event happen.
func (w *world) act() {
	sum := 0.0
	for _, e := range events {
		sum += e.weight
	}
	p, c := w.places[w.r.IntN(len(w.places))], w.clients[w.r.IntN(len(w.clients))]
	at := w.r.Float64() * sum
	for _, e := range events {
		if at -= e.weight; at < 0 {
			if e.name != "type" {
				w.note("EVENT:", e.name, p.address)
			}
			e.do(w, p, c)
			return
		}
	}
}

// run lets events happen, mends everything, and checks what has become of the room.
func (w *world) run(steps int) {
	for _, p := range w.places {
		p.start()
	}
	for i := range steps {
		time.Sleep(w.ttl / 100)
		if i%3 == 0 {
			w.redis.replicate()
		}
		w.act()
	}
	w.mend()
	w.check()
}

// Rounds of mending: as many as it takes late updates to arrive, and as many as a busy machine may
// need.
const (
	leastRounds = 60
	mostRounds  = 600
)

// mend ends all faults, and waits until everything is as it should be.
func (w *world) mend() {
	w.note("EVENT: mend")
	w.redis.setUp(true)
	for i := 0; i < leastRounds || w.real && i < mostRounds && len(w.problems()) > 0; i++ {
		for _, p := range w.places {
			p.setCut(false)
			w.setParted(p, false)
			if c := p.process(); c != nil {
				c.resume()
			}
			if p.mayStart() {
				p.start()
			}
		}
		time.Sleep(w.ttl / 20)
		for _, c := range w.clients {
			c.connects(w.places[w.r.IntN(len(w.places))].process())
		}
	}
	w.settle()
}
