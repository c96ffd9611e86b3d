package limit

import (
	"slices"
	"sync"

	"github.com/VictoriaMetrics/metrics"
)

// Budget limits the memory of all messages together that have come in part or are not processed
// yet. A message reserves the bytes that its headers announce. If they are not available, it waits,
// first come, first served, and its connection is not read meanwhile.
//
// Fragmented messages grow, so several might each hold bytes that the others wait for. To avoid
// that deadlock one message at a time is privileged: memory for the longest possible message is set
// aside for it, so it can always grow to its end. The caller must end messages that make no
// progress.
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
	// Granted is called when a reservation that had to wait gets its bytes. It is called with the
	// budget's lock held, and must not block.
	Granted func()

	bytes  int
	shared int // the part of bytes that counts as Budget.shared
	wants  int // the bytes that it is to hold; more than bytes while it waits
	queued bool
}

// framing is an upper bound of the memory that a message takes beyond its own length, in bytes.
const framing = 256

// NewBudget returns a budget of limit bytes, or of enough for one message of the longest length,
// whichever is more.
func NewBudget(limit, longest int, set *metrics.Set) *Budget {
	longest += framing
	b := &Budget{limit: max(limit, longest), longest: longest}
	b.waited = set.NewCounter("realtime_messages_waited_total")
	set.NewGauge("realtime_unfinished_messages_bytes", func() float64 { return float64(b.Used()) })
	return b
}

// Used returns how many bytes are reserved, at most the limit.
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

// grant gives r the bytes that it wants, if they are available; mu is held.
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

// Release takes back the bytes that r holds, and grants them to reservations that wait.
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

// Cancel ends the wait of r, and reports whether r was waiting. r keeps the bytes that it has.
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
