package transport

import (
	"slices"
	"sync"

	"github.com/VictoriaMetrics/metrics"
)

// messageBudget bounds the memory of all messages that have come in part, or are not dealt
// with yet, together. A message reserves what its headers announce; what finds no room
// waits, first come, first served, and its connection is not read meanwhile.
//
// Fragmented messages grow, and so several could each hold what the others need. So one
// message at a time is privileged: the room of the longest message is kept for it, and it
// may always grow to its end. Those that do not get on are ended by their time-out.
type messageBudget struct {
	limit   int // in bytes
	longest int // bytes kept for the privileged message
	waited  *metrics.Counter
	wake    func(*incoming) // called, with mu held, when one that waits has what it wants

	mu         sync.Mutex // a leaf; guards everything below and the reservations
	shared     int        // bytes reserved within limit-longest
	privileged *incoming  // nil when there is none
	queue      []*incoming
}

// reservation is what a message has of the budget. The budget guards it.
type reservation struct {
	bytes  int
	shared int // of these, what counts as shared
	wants  int // bytes in all; more than it has while it waits
	queued bool
}

// framing is more than what a message takes in memory beyond its own length.
const framing = 256

func newMessageBudget(limit, frame int, set *metrics.Set) *messageBudget {
	longest := frame + framing
	b := &messageBudget{limit: max(limit, longest), longest: longest}
	b.wake = func(m *incoming) { go m.conn.granted(m) }
	b.waited = set.NewCounter("realtime_messages_waited_total")
	set.NewGauge("realtime_unfinished_messages_bytes", func() float64 { return float64(b.used()) })
	return b
}

// used is how many bytes are reserved. It is never more than limit.
func (b *messageBudget) used() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.shared
	if p := b.privileged; p != nil {
		n += p.bytes - p.shared
	}
	return n
}

// reserve has m hold n bytes, or returns false: then m waits until granted is called.
func (b *messageBudget) reserve(m *incoming, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n <= m.bytes {
		return true
	}
	m.wants = n
	if (len(b.queue) == 0 || b.privileged == m) && b.grant(m) {
		return true
	}
	m.queued = true
	b.queue = append(b.queue, m)
	b.waited.Inc()
	return false
}

// grant gives m what it wants, if there is room; mu is held.
func (b *messageBudget) grant(m *incoming) bool {
	more := m.wants - m.bytes
	switch {
	case b.privileged == m:
	case b.shared+more <= b.limit-b.longest:
		b.shared += more
		m.shared += more
	case b.privileged == nil:
		b.privileged = m
	default:
		return false
	}
	m.bytes = m.wants
	return true
}

// release gives back what m holds, and lets those go on for whom there is room now.
func (b *messageBudget) release(m *incoming) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unqueue(m)
	if b.privileged == m {
		b.privileged = nil
	}
	b.shared -= m.shared
	m.reservation = reservation{}
	for len(b.queue) > 0 && b.grant(b.queue[0]) {
		next := b.queue[0]
		b.unqueue(next)
		b.wake(next)
	}
}

// giveUp takes m out of the queue, and says whether it was there.
func (b *messageBudget) giveUp(m *incoming) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unqueue(m)
}

// unqueue is giveUp; mu is held.
func (b *messageBudget) unqueue(m *incoming) bool {
	if !m.queued {
		return false
	}
	m.queued = false
	i := slices.Index(b.queue, m)
	b.queue = slices.Delete(b.queue, i, i+1)
	return true
}
