package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec"
)

const (
	graveLife = time.Minute // longer than any client remembers a state without renewal
	maxGraves = 1024
)

// graveyard remembers for a while with what clock a client id went, oldest
// first. When it is full the oldest is forgotten early. The zero value is empty.
type graveyard struct {
	clocks map[uint64]uint64 // by client id
	order  []grave           // may name ids that are back or went again later
}

type grave struct {
	client, clock uint64
	dug           time.Time
}

func (g *graveyard) dig(client, clock uint64, now time.Time) {
	for len(g.order) > 0 && (len(g.order) >= maxGraves || now.Sub(g.order[0].dug) >= graveLife) {
		g.forget(g.order[0])
		g.order = g.order[1:]
	}
	if g.clocks == nil {
		g.clocks = make(map[uint64]uint64)
	}
	g.clocks[client] = clock
	g.order = append(g.order, grave{client, clock, now})
}

func (g *graveyard) forget(old grave) {
	if g.clocks[old.client] == old.clock {
		delete(g.clocks, old.client)
	}
}

// open removes the grave of a client that is back.
func (g *graveyard) open(client uint64) { delete(g.clocks, client) }

func (g *graveyard) clock(client uint64) (uint64, bool) {
	clock, ok := g.clocks[client]
	return clock, ok
}

// append appends who went.
func (g *graveyard) append(dst []codec.AwarenessEntry) []codec.AwarenessEntry {
	for client, clock := range g.clocks {
		dst = append(dst, codec.AwarenessEntry{Client: client, Clock: clock})
	}
	return dst
}
