package ydoc

import "github.com/civicpress/civic-realtime/codec/steps"

// clockRange is the clocks from clock to before end.
type clockRange struct{ clock, end uint64 }

// clockRanges is a set of clocks, as ascending ranges with gaps between them. The zero value is
// empty.
type clockRanges struct {
	list[clockRange]
	last listPos // of the range that was changed last
}

// add adds a range, calls fresh, if it is not nil, for each part that was not in the set, and
// returns by how much the number of ranges has grown.
func (m *clockRanges) add(clock, end uint64, fresh func(clock, end uint64)) (grown int) {
	first := m.endingFrom(clock)
	merged, next, n := clockRange{clock, end}, clock, 0
	for s := first; m.has(s) && m.at(s).clock <= end; s = m.next(s) {
		o := *m.at(s)
		if fresh != nil && next < o.clock {
			fresh(next, o.clock)
		}
		next = o.end
		merged = clockRange{min(merged.clock, o.clock), max(merged.end, next)}
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
		m.last = listPos{} // chunks may have been joined
	}
	return 1 - n
}

// endsBefore reports whether all ranges end before clock and are not adjacent to it.
func (m *clockRanges) endsBefore(clock uint64) bool {
	c := len(m.chunks) - 1
	return c < 0 || m.chunks[c][len(m.chunks[c])-1].end < clock
}

// endingFrom returns the first range that ends at clock or later. Mostly it is the range that was
// changed last, as backspaces delete the unit before it, or the next one, as delete sets ascend.
func (m *clockRanges) endingFrom(clock uint64) listPos {
	if m.isFirstFrom(m.last, clock) {
		return m.last
	}
	if m.has(m.last) {
		if next := m.next(m.last); m.isFirstFrom(next, clock) {
			return next
		}
	}
	return m.search(func(s clockRange) bool { return s.end >= clock })
}

// isFirstFrom reports whether s, a range or the end, is the result of endingFrom.
func (m *clockRanges) isFirstFrom(s listPos, clock uint64) bool {
	if !m.has(s) && s != (listPos{len(m.chunks), 0}) || m.has(s) && m.at(s).end < clock {
		return false
	}
	before, ok := m.before(s)
	return !ok || m.at(before).end < clock
}

// contains reports whether all clocks of a range are in the set: in one range, as there are gaps.
func (m *clockRanges) contains(clock, end uint64) bool {
	s := m.search(func(s clockRange) bool { return s.end >= end })
	return m.has(s) && m.at(s).clock <= clock
}

// firstMissing returns the first clock that is not in the set.
func (m *clockRanges) firstMissing() uint64 {
	if first := (listPos{}); m.has(first) && m.at(first).clock == 0 {
		return m.at(first).end
	}
	return 0
}

// removeBefore removes the clocks below a clock and calls f for each range of them. It returns the
// number of ranges that are gone.
func (m *clockRanges) removeBefore(clock uint64, f func(clock, end uint64)) (runs int) {
	n := 0
	for s := (listPos{}); m.has(s) && m.at(s).clock < clock; s = m.next(s) {
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
		m.remove(listPos{}, n)
		m.last = listPos{}
	}
	return n
}
