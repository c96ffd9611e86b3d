package ydoc

import "github.com/civicpress/civic-realtime/codec/steps"

// span is a run of clocks, from clock up to but not including end.
type span struct{ clock, end uint64 }

// spans is a set of clocks: runs in ascending order, apart from each other. The zero value is
// empty.
type spans struct {
	list[span]
	last spot // of the run that was last changed
}

// add adds a run of clocks, calls fresh, if there is one, for each part that was
// not in the set, and returns how many runs there are more.
func (m *spans) add(clock, end uint64, fresh func(clock, end uint64)) (grown int) {
	first := m.endingFrom(clock)
	merged, next, n := span{clock, end}, clock, 0
	for s := first; m.has(s) && m.at(s).clock <= end; s = m.next(s) {
		o := *m.at(s)
		if fresh != nil && next < o.clock {
			fresh(next, o.clock)
		}
		next = o.end
		merged = span{min(merged.clock, o.clock), max(merged.end, next)}
		n++
	}
	steps.Take(1 + n)
	if fresh != nil && next < end {
		fresh(next, end)
	}
	if n == 0 {
		m.last = m.insert(first, merged)
		return 1
	}
	*m.at(first), m.last = merged, first
	if n > 1 {
		m.remove(m.next(first), n-1)
		m.last = spot{} // chunks may have been joined
	}
	return 1 - n
}

// endsBefore says whether all runs end before clock, and do not touch it.
func (m *spans) endsBefore(clock uint64) bool {
	c := len(m.chunks) - 1
	return c < 0 || m.chunks[c][len(m.chunks[c])-1].end < clock
}

// endingFrom finds the first run that ends at clock or behind it. Mostly it is the
// one that was last found, as a deletion backwards goes on where that one starts,
// or the next one, as delete sets ascend.
func (m *spans) endingFrom(clock uint64) spot {
	if m.isFirstFrom(m.last, clock) {
		return m.last
	}
	if m.has(m.last) {
		if next := m.next(m.last); m.isFirstFrom(next, clock) {
			return next
		}
	}
	return m.search(func(s span) bool { return s.end >= clock })
}

// isFirstFrom says whether s is what endingFrom looks for; it may be behind the last run.
func (m *spans) isFirstFrom(s spot, clock uint64) bool {
	if !m.has(s) && s != (spot{len(m.chunks), 0}) || m.has(s) && m.at(s).end < clock {
		return false
	}
	before, ok := m.before(s)
	return !ok || m.at(before).end < clock
}

// holds says whether all clocks of a run are in the set. It looks for one run, as they are apart.
func (m *spans) holds(clock, end uint64) bool {
	s := m.search(func(s span) bool { return s.end >= end })
	return m.has(s) && m.at(s).clock <= clock
}

// takeBefore takes the clocks below a clock out of the set, and calls f for each run of them.
func (m *spans) takeBefore(clock uint64, f func(clock, end uint64)) (runs int) {
	n := 0
	for s := (spot{}); m.has(s) && m.at(s).clock < clock; s = m.next(s) {
		run := m.at(s)
		f(run.clock, min(run.end, clock))
		if run.end > clock {
			run.clock = clock
			break
		}
		n++
	}
	steps.Take(1 + n)
	if n > 0 {
		m.remove(spot{}, n)
		m.last = spot{}
	}
	return n
}
