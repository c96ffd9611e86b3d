package ydoc

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// What it costs to keep a section and a range of the delete set.
const (
	sectionCost = 192
	deleteCost  = 48
)

// PendingSize is the number of bytes that wait for missing ids.
func (d *Doc) PendingSize() int { return d.pending.bytes }

// park moves what is still blocked to pending.
func (d *Doc) park() {
	for _, s := range d.blocked {
		if s.waits && !s.kept {
			d.pending.addSection(s)
		}
	}
	clear(d.blocked)
	d.blocked = reuse(d.blocked)
	d.pending.tidy()
}

// addSection keeps s, with bytes of its own, unless the very same waits already.
func (p *pending) addSection(s *section) {
	rest := s.Raw()[s.Offset():s.end]
	if !s.known {
		p.added, p.lacks = p.added+1, s.need
		s.hash, s.known = hashOf(rest), true
	}
	key := sectionKey{s.Next, s.hash}
	if _, ok := p.sections[key]; ok || !p.reserve(len(rest)+sectionCost) {
		p.stop(s)
		return
	}
	if !s.owned || len(rest) < s.end/2 {
		s.Structs = yjs.TrustedStructs(slices.Clone(rest), 0, s.Next, s.Left)
		s.owned, s.end = true, len(rest)
	}
	if p.sections == nil {
		p.sections = make(map[sectionKey]*section)
	}
	p.sections[key], s.kept = s, true
}

// takeOut takes s, which is woken, out of what waits.
func (p *pending) takeOut(s *section) {
	if s.kept {
		s.kept = false
		delete(p.sections, sectionKey{s.Next, s.hash})
		p.bytes -= s.end - s.Offset() + sectionCost
	}
}

// addDelete keeps a range of clocks that are not known yet.
func (p *pending) addDelete(r yjs.DeleteRange) {
	p.added, p.lacks = p.added+1, yjs.ID{Client: r.Client, Clock: r.End - 1}
	if !p.reserve(deleteCost) {
		return
	}
	if p.deletes == nil {
		p.deletes = make(map[uint64]*spans)
	}
	if p.deletes[r.Client] == nil {
		p.deletes[r.Client] = new(spans)
	}
	p.bytes += deleteCost * (p.deletes[r.Client].add(r.Clock, r.End, nil) - 1)
}

// reserve makes room for n bytes. Where there is none, all that waits is
// dropped: the sender is asked for what it has, and that brings it back.
func (p *pending) reserve(n int) bool {
	if p.bytes+n > MaxPending {
		for _, s := range p.sections {
			s.kept, s.waits = false, false
		}
		*p = pending{added: p.added, lacks: p.lacks, dropped: p.dropped + 1, made: p.made, lost: true}
		return false
	}
	p.bytes += n
	return true
}

// waitFor notes what s waits for.
func (p *pending) waitFor(s *section) {
	p.wait(s, s.need)
	p.wait(s, s.next)
}

func (p *pending) wait(s *section, id yjs.ID) {
	if p.waits == nil {
		p.waits = make(map[uint64]waits)
	}
	p.waits[id.Client] = p.waits[id.Client].push(wait{id.Clock, s, s.turn})
}

// stop has s wait for nothing. Its waits are void.
func (p *pending) stop(s *section) {
	s.waits = false
	s.turn++
	p.void += 2
}

// wake appends the sections that waited for clocks below clock of a client.
func (p *pending) wake(woken []*section, client, clock uint64) []*section {
	h, ok := p.waits[client]
	if !ok || h[0].clock >= clock {
		return woken
	}
	for len(h) > 0 && h[0].clock < clock {
		var w wait
		if w, h = h.pop(); w.void() {
			p.void--
			continue
		}
		p.stop(w.s)
		p.void-- // w itself is gone
		woken = append(woken, w.s)
	}
	if p.waits[client] = h; len(h) == 0 {
		delete(p.waits, client)
	}
	return woken
}

// tidy forgets void waits when there are more of them than others.
func (p *pending) tidy() {
	if !p.lost && p.void <= 64+2*len(p.sections) {
		return
	}
	steps.Take(len(p.sections))
	p.waits, p.void, p.lost = nil, 0, false
	for _, s := range p.sections {
		p.waitFor(s)
	}
}
