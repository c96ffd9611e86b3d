package ydoc

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// MaxPending is the most memory, in bytes, that pending structs and deletes may take.
const MaxPending = 1 << 20

// The memory, in bytes, of a pending section beside its structs, and of a pending delete range.
const (
	sectionCost = 192
	deleteCost  = 48
)

// pending has the structs and deletes that refer to unknown ids, like Yjs' pendingStructs and
// pendingDs.
type pending struct {
	sections  map[sectionKey]*section
	deletes   map[uint64][]pendingDeletes // by client id
	bytes     int                         // at most MaxPending
	waiters   map[uint64]waiters          // by the client id of the missing id
	cancelled int                         // number of cancelled waiters
	// set when waiters were dropped whose sections may still be added
	stale bool
	// number of sections and ranges that were ever pending, dropped ones included
	added           int
	missingID       yjs.ID // an id that the last of them lacks
	dropped         int    // how often everything was dropped
	blockedSections int    // number of sections that were ever blocked
}

// pendingDeletes has the pending deletes of a client that a user sent.
type pendingDeletes struct {
	by     uint32
	ranges *clockRanges
}

// sectionKey identifies a section: its next id, and a hash of its bytes.
type sectionKey struct {
	next yjs.ID
	hash suffixHash
}

// addSection stores s, with a copy of its bytes, unless an equal section is pending.
func (p *pending) addSection(s *section) {
	rest := s.Raw()[s.Offset():s.end]
	if !s.reported {
		p.added, p.missingID = p.added+1, s.need
		s.hash, s.reported = hashOf(rest), true
	}
	key := sectionKey{s.Next, s.hash}
	if _, ok := p.sections[key]; ok || !p.reserve(len(rest)+sectionCost) {
		p.cancelWaiters(s)
		return
	}
	if !s.owned || len(rest) < s.end/2 {
		s.Structs = yjs.TrustedStructs(slices.Clone(rest), 0, s.Next, s.Left)
		s.owned, s.end = true, len(rest)
	}
	if p.sections == nil {
		p.sections = make(map[sectionKey]*section)
	}
	p.sections[key], s.stored = s, true
}

// remove removes s, whose missing id has come.
func (p *pending) remove(s *section) {
	if s.stored {
		s.stored = false
		delete(p.sections, sectionKey{s.Next, s.hash})
		p.bytes -= s.end - s.Offset() + sectionCost
	}
}

// addDelete stores a range of clocks that are unknown, which a user deleted.
func (p *pending) addDelete(r yjs.DeleteRange, by uint32) {
	p.added, p.missingID = p.added+1, yjs.ID{Client: r.Client, Clock: r.End - 1}
	if !p.reserve(deleteCost) {
		return
	}
	if p.deletes == nil {
		p.deletes = make(map[uint64][]pendingDeletes)
	}
	p.bytes += deleteCost * (p.deletesBy(r.Client, by).add(r.Clock, r.End, nil) - 1)
}

// deletesBy returns the pending deletes of a client that a user sent.
func (p *pending) deletesBy(client uint64, by uint32) *clockRanges {
	for _, d := range p.deletes[client] {
		if steps.Take(1); d.by == by {
			return d.ranges
		}
	}
	d := pendingDeletes{by, new(clockRanges)}
	p.deletes[client] = append(p.deletes[client], d)
	return d.ranges
}

// reserve counts n more bytes. If there are too many, it drops everything and returns false: the
// sender is asked for its state, which brings the structs again.
func (p *pending) reserve(n int) bool {
	if p.bytes+n > MaxPending {
		for _, s := range p.sections {
			s.stored, s.waiting = false, false
		}
		*p = pending{
			stale:           true,
			added:           p.added,
			missingID:       p.missingID,
			dropped:         p.dropped + 1,
			blockedSections: p.blockedSections,
		}
		return false
	}
	p.bytes += n
	return true
}

// addWaiters makes s wait for its two ids.
func (p *pending) addWaiters(s *section) {
	p.addWaiter(s, s.need)
	p.addWaiter(s, s.next)
}

func (p *pending) addWaiter(s *section, id yjs.ID) {
	if p.waiters == nil {
		p.waiters = make(map[uint64]waiters)
	}
	p.waiters[id.Client] = p.waiters[id.Client].push(waiter{id.Clock, s, s.generation})
}

// cancelWaiters cancels the two waiters of s.
func (p *pending) cancelWaiters(s *section) {
	s.waiting = false
	s.generation++
	p.cancelled += 2
}

// takeReady appends to ready the sections that waited for clocks of a client below clock.
func (p *pending) takeReady(ready []*section, client, clock uint64) []*section {
	h, ok := p.waiters[client]
	if !ok || h[0].clock >= clock {
		return ready
	}
	for len(h) > 0 && h[0].clock < clock {
		var w waiter
		if w, h = h.pop(); w.cancelled() {
			p.cancelled--
			continue
		}
		p.cancelWaiters(w.s)
		p.cancelled-- // w itself was removed
		ready = append(ready, w.s)
	}
	if p.waiters[client] = h; len(h) == 0 {
		delete(p.waiters, client)
	}
	return ready
}

// compactWaiters removes cancelled waiters if there are more of them than others.
func (p *pending) compactWaiters() {
	if !p.stale && p.cancelled <= 64+2*len(p.sections) {
		return
	}
	steps.Take(len(p.sections))
	p.waiters, p.cancelled, p.stale = nil, 0, false
	for _, s := range p.sections {
		p.addWaiters(s)
	}
}
