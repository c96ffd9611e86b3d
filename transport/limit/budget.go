package limit

import (
	"slices"
	"sync"

	"github.com/VictoriaMetrics/metrics"
)

// Budget limits the memory of all messages together that have come in part or are not processed
// yet. A message reserves the bytes that its headers announce. If there is no room, it waits, first
// come, first served, and its connection is not read meanwhile.
//
// Fragmented messages grow, so several might each hold bytes that the others need. To avoid that
// deadlock, one message at a time is privileged: room for the longest possible message is set
// aside for it, so it can always grow to its end. The caller must end, by a time-out, messages
// that do not proceed.
type Budget struct {
	limit   int // bytes
	longest int // bytes set aside for the privileged message
	waited  *metrics.Counter

	mu         sync.Mutex   // a leaf; guards everything below and all reservations
	shared     int          // bytes reserved within limit-longest
	privileged *Reservation // nil if there is none
	queue      []*Reservation
}

// Reservation is the part of a Budget that one message has. The budget guards it.
type Reservation struct {
	// Granted is called when a reservation that had to wait has its bytes. It is called with the
	// budget's lock held, and must not block.
	Granted func()

	bytes  int
	shared int // of bytes, those that count as shared
	wants  int // bytes in all; more than bytes while it waits
	queued bool
}

// framing is more than the memory that a message takes beyond its own length, in bytes.
const framing = 256

// NewBudget returns a budget of limit bytes, at least enough for one message of the longest
// length.
func NewBudget(limit, longest int, set *metrics.Set) *Budget {
	longest += framing
	b := &Budget{limit: max(limit, longest), longest: longest}
	b.waited = set.NewCounter("realtime_messages_waited_total")
	set.NewGauge("realtime_unfinished_messages_bytes", func() float64 { return float64(b.Used()) })
	return b
}

// Used returns how many bytes are reserved. It is never more than the limit.
func (b *Budget) Used() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.shared
	if p := b.privileged; p != nil {
		n += p.bytes - p.shared
	}
	return n
}

// Waiting returns how many reservations wait.
func (b *Budget) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue)
}

// Reserve makes r hold n bytes in all, or returns false: then r waits until Granted is called.
func (b *Budget) Reserve(r *Reservation, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n <= r.bytes {
		return true
	}
	r.wants = n
	if (len(b.queue) == 0 || b.privileged == r) && b.grant(r) {
		return true
	}
	r.queued = true
	b.queue = append(b.queue, r)
	b.waited.Inc()
	return false
}

// grant gives r the bytes that it wants, if there is room; mu is held.
func (b *Budget) grant(r *Reservation) bool {
	more := r.wants - r.bytes
	switch {
	case b.privileged == r:
	case b.shared+more <= b.limit-b.longest:
		b.shared += more
		r.shared += more
	case b.privileged == nil:
		b.privileged = r
	default:
		return false
	}
	r.bytes = r.wants
	return true
}

// Release gives back the bytes that r holds, and grants them to reservations that wait.
func (b *Budget) Release(r *Reservation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unqueue(r)
	if b.privileged == r {
		b.privileged = nil
	}
	b.shared -= r.shared
	*r = Reservation{Granted: r.Granted}
	for len(b.queue) > 0 && b.grant(b.queue[0]) {
		next := b.queue[0]
		b.unqueue(next)
		next.Granted()
	}
}

// Cancel makes r wait no longer, and reports whether it did. It keeps the bytes that it has.
func (b *Budget) Cancel(r *Reservation) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unqueue(r)
}

// unqueue is Cancel; mu is held.
func (b *Budget) unqueue(r *Reservation) bool {
	if !r.queued {
		return false
	}
	r.queued = false
	i := slices.Index(b.queue, r)
	b.queue = slices.Delete(b.queue, i, i+1)
	return true
}
