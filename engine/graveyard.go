package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

const (
	graveLife = time.Minute // longer than any client remembers a state without renewal
	maxGraves = 1024
)

// graveyard remembers for a while with what clock a client id went, oldest
// first. When it is full the oldest is forgotten early. The zero value is empty.
type graveyard struct {
	clocks map[uint64]resting // by client id
	order  []grave            // may name ids that are back or went again later
}

// resting is what is remembered of a client id.
type resting struct {
	clock   uint64
	person  *participant // whose it was
	pointed bool         // it had a cursor
	relayed bool         // as in being
	refused bool         // somebody who relayed it since has been told that it has gone
}

type grave struct {
	client, clock uint64
	dug           time.Time
}

func (g *graveyard) dig(client uint64, r resting, now time.Time) {
	if g.clear(now); len(g.order) >= maxGraves {
		g.forget()
	}
	if g.clocks == nil {
		g.clocks = make(map[uint64]resting)
	}
	g.clocks[client] = r
	g.order = append(g.order, grave{client, r.clock, now})
}

// clear forgets who has been gone for long, and lets go of what it took to remember when that is all.
func (g *graveyard) clear(now time.Time) {
	for len(g.order) > 0 && now.Sub(g.order[0].dug) >= graveLife {
		g.forget()
	}
	if len(g.order) == 0 {
		*g = graveyard{}
	}
}

// forget forgets the oldest.
func (g *graveyard) forget() {
	old := g.order[0]
	if g.clocks[old.client].clock == old.clock {
		delete(g.clocks, old.client)
	}
	g.order = g.order[1:]
}

// open removes the grave of a client that is back.
func (g *graveyard) open(client uint64) { delete(g.clocks, client) }

func (g *graveyard) find(client uint64) (resting, bool) {
	r, ok := g.clocks[client]
	return r, ok
}

// append appends who went.
func (g *graveyard) append(dst []utterance) []utterance {
	for client, r := range g.clocks {
		u := r.utterance(client)
		u.moved = false // whoever is told of everyone knows no cursor of it
		dst = append(dst, u)
	}
	return dst
}

func (r resting) utterance(client uint64) utterance {
	return utterance{AwarenessEntry: yjs.AwarenessEntry{Client: client, Clock: r.clock}, person: r.person, cursor: noCursor, news: true, moved: r.pointed}
}
