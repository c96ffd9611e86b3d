package ydoc

import (
	"hash/maphash"
	"slices"

	"github.com/civicpress/civic-realtime/codec"
)

// MaxPending is how many bytes may wait for missing ids, the structs and what it costs to keep them.
const MaxPending = 1 << 20

// What it costs to keep a section and a range of the delete set.
const (
	sectionCost = 192
	deleteCost  = 48
)

// pending is what waits for ids that are not known.
type pending struct {
	sections map[sectionKey]section
	deletes  map[codec.DeleteRange]struct{}
	bytes    int               // at most MaxPending
	waits    map[uint64]uint64 // client id → the lowest of its clocks that something waits for
	due      bool              // something waited for has arrived
	added    int               // counts what was ever parked or dropped
	dropped  int               // counts how often all was dropped
}

// PendingSize is the number of bytes that wait for missing ids.
func (d *Doc) PendingSize() int { return d.pending.bytes }

// park moves what is still blocked to pending.
func (d *Doc) park() {
	for i := range d.blocked {
		if s := &d.blocked[i]; s.Left > 0 {
			d.pending.addSection(s)
		}
	}
	clear(d.blocked)
	d.blocked = reuse(d.blocked)
}

// sectionKey tells sections apart: where they go on, and a hash of their bytes.
type sectionKey struct {
	next codec.ID
	hash uint64
}

// hashSeed is the process's own, so that nobody can choose colliding sections.
var hashSeed = maphash.MakeSeed()

// addSection keeps s, with bytes of its own, unless the very same waits already.
func (p *pending) addSection(s *section) {
	p.added++
	rest := s.Raw()[s.Offset():s.end]
	key := sectionKey{s.Next, maphash.Bytes(hashSeed, rest)}
	if _, ok := p.sections[key]; ok || !p.reserve(len(rest)+sectionCost) {
		return
	}
	if !s.owned || len(rest) < s.end/2 {
		s.Structs = codec.TrustedStructs(slices.Clone(rest), 0, s.Next, s.Left)
		s.owned, s.end = true, len(rest)
	}
	if p.sections == nil {
		p.sections = make(map[sectionKey]section)
	}
	p.sections[key] = *s
	p.wait(s.need)
	p.wait(s.next)
}

func (p *pending) addDelete(r codec.DeleteRange) {
	p.added++
	if _, ok := p.deletes[r]; ok || !p.reserve(deleteCost) {
		return
	}
	if p.deletes == nil {
		p.deletes = make(map[codec.DeleteRange]struct{})
	}
	p.deletes[r] = struct{}{}
	p.wait(codec.ID{Client: r.Client, Clock: r.Clock})
}

// reserve makes room for n bytes. Where there is none, all that waits is
// dropped: the sender is asked for what it has, and that brings it back.
func (p *pending) reserve(n int) bool {
	if p.bytes+n > MaxPending {
		*p = pending{added: p.added, dropped: p.dropped + 1}
		return false
	}
	p.bytes += n
	return true
}

func (p *pending) wait(id codec.ID) {
	if p.waits == nil {
		p.waits = make(map[uint64]uint64)
	}
	if low, ok := p.waits[id.Client]; !ok || id.Clock < low {
		p.waits[id.Client] = id.Clock
	}
}

// arrived notes that the client's clock is now clock.
func (p *pending) arrived(client, clock uint64) {
	if p.waits == nil || p.due {
		return
	}
	low, ok := p.waits[client]
	p.due = ok && low < clock
}

// retry merges what waits as far as it goes now. What waits on is not counted as added again.
func (d *Doc) retry() {
	waiting := d.pending
	d.pending = pending{dropped: waiting.dropped}
	for _, s := range waiting.sections {
		d.blocked = append(d.blocked, s)
	}
	d.resolve()
	d.park()
	for r := range waiting.deletes {
		d.deleteRange(r)
	}
	d.pending.added = waiting.added
}
