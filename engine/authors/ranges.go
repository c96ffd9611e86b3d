package authors

import (
	"math"
	"slices"

	"github.com/civicpress/civic-realtime/codec/steps"
)

// chunkLen is the largest number of ranges of a chunk.
const chunkLen = 128

// deleted is a range of clocks that a user deleted.
type deleted struct {
	clock, end uint64
	user       uint32
}

// ranges is a set of deleted ranges that do not overlap, in order, in chunks: an insertion moves
// only the ranges of one. Neighbours of one user are one range. The zero value is empty.
type ranges struct {
	chunks [][]deleted // none is empty
	len    int
}

// position is the place of a range. The end is {len(chunks), 0}.
type position struct{ chunk, i int }

func (m *ranges) has(p position) bool { return p.chunk < len(m.chunks) }

func (m *ranges) at(p position) *deleted { return &m.chunks[p.chunk][p.i] }

func (m *ranges) next(p position) position {
	if p.i++; p.i == len(m.chunks[p.chunk]) {
		return position{p.chunk + 1, 0}
	}
	return p
}

// before returns the position before p, if there is one.
func (m *ranges) before(p position) (position, bool) {
	switch {
	case p.i > 0:
		return position{p.chunk, p.i - 1}, true
	case p.chunk > 0:
		return position{p.chunk - 1, len(m.chunks[p.chunk-1]) - 1}, true
	}
	return p, false
}

// after returns the position of the first range that ends after a clock.
func (m *ranges) after(clock uint64) position {
	steps.Take(1)
	lo, hi := 0, len(m.chunks)
	for lo < hi {
		mid := (lo + hi) / 2
		if chunk := m.chunks[mid]; chunk[len(chunk)-1].end <= clock {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(m.chunks) {
		return position{lo, 0}
	}
	chunk, first, end := m.chunks[lo], 0, len(m.chunks[lo])
	for first < end {
		if mid := (first + end) / 2; chunk[mid].end <= clock {
			first = mid + 1
		} else {
			end = mid
		}
	}
	return position{lo, first}
}

// find returns the user who deleted a clock, and the clock up to which that holds. ok is false if
// the clock is in no range; then none has a clock below until.
func (m *ranges) find(clock uint64) (user uint32, until uint64, ok bool) {
	p := m.after(clock)
	if !m.has(p) {
		return Nobody, math.MaxUint64, false
	}
	if r := m.at(p); r.clock > clock {
		return Nobody, r.clock, false
	}
	return m.at(p).user, m.at(p).end, true
}

// add adds the clocks of a range that are in no other.
func (m *ranges) add(clock, end uint64, user uint32) {
	for clock < end {
		p, until := m.after(clock), end
		if m.has(p) {
			if r := m.at(p); r.clock <= clock {
				clock = r.end
				continue
			}
			until = min(end, m.at(p).clock)
		}
		m.put(p, deleted{clock, until, user})
		clock = until
	}
}

// put inserts a range before p, or joins it with its neighbours.
func (m *ranges) put(p position, r deleted) {
	q, joined := m.before(p)
	if joined = joined && m.at(q).end == r.clock && m.at(q).user == r.user; joined {
		m.at(q).end = r.end
	}
	follows := m.has(p) && m.at(p).clock == r.end && m.at(p).user == r.user
	switch {
	case joined && follows:
		m.at(q).end = m.at(p).end
		m.remove(p)
	case follows:
		m.at(p).clock = r.clock
	case !joined:
		m.insert(p, r)
	}
}

func (m *ranges) insert(p position, r deleted) {
	m.len++
	if p.i == 0 && p.chunk > 0 && len(m.chunks[p.chunk-1]) < chunkLen {
		p = position{p.chunk - 1, len(m.chunks[p.chunk-1])}
	}
	if p.chunk == len(m.chunks) || len(m.chunks[p.chunk]) == chunkLen {
		p = m.makeRoom(p)
	}
	steps.Take(1 + (len(m.chunks[p.chunk])-p.i)/8)
	m.chunks[p.chunk] = slices.Insert(m.chunks[p.chunk], p.i, r)
}

// makeRoom makes a chunk, or splits one, for a range that is about to be inserted at p.
func (m *ranges) makeRoom(p position) position {
	steps.Take(1 + (len(m.chunks)-p.chunk)/4)
	if p.i == 0 || p.i == chunkLen {
		p = position{p.chunk + p.i/chunkLen, 0}
		m.chunks = slices.Insert(m.chunks, p.chunk, nil)
		return p
	}
	const half = chunkLen / 2
	chunk := m.chunks[p.chunk]
	m.chunks = slices.Insert(m.chunks, p.chunk+1, slices.Clone(chunk[half:]))
	m.chunks[p.chunk] = chunk[:half:half]
	if p.i > half {
		p = position{p.chunk + 1, p.i - half}
	}
	return p
}

func (m *ranges) remove(p position) {
	m.len--
	chunk := m.chunks[p.chunk]
	steps.Take(1 + (len(chunk)-p.i)/8)
	if m.chunks[p.chunk] = slices.Delete(chunk, p.i, p.i+1); len(chunk) == 1 {
		steps.Take((len(m.chunks) - p.chunk) / 4)
		m.chunks = slices.Delete(m.chunks, p.chunk, p.chunk+1)
	}
}

// push appends a range, which is after all others.
func (m *ranges) push(r deleted) { m.put(position{len(m.chunks), 0}, r) }

// filter keeps the ranges for which keep returns true.
func (m *ranges) filter(keep func(deleted) bool) {
	old := m.chunks
	*m = ranges{}
	for _, chunk := range old {
		steps.Take(len(chunk))
		for _, r := range chunk {
			if keep(r) {
				m.push(r)
			}
		}
	}
}
