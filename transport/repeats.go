package transport

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// A client that is closed may come back at once, and be closed for the same again, for hours: y-websocket before 3.1 does
// after every close, as its backoff begins anew with each handshake that succeeds. So the close is held back, longer each
// time. The client is told why at once.
const (
	// freeRefusals is how many times a client is refused before that is held back.
	freeRefusals = 2
	// freeCloses is how many times a client that was in its room is closed before that is held back.
	freeCloses = 1
	// firstHoldBack is for how long a close is held back the first time.
	firstHoldBack = time.Second
	// longestHoldBack is shorter than y-websocket waits for a message before it connects anew, which is 30 s.
	longestHoldBack = 25 * time.Second
	// repeatsFor is how long after a close the next one counts as its repetition.
	repeatsFor = 5 * time.Minute
	// maxRepeats is how many clients are remembered. A further one takes the place of any.
	maxRepeats = 10_000
)

// repeats remembers clients that were closed, and may come back to be closed for the same.
type repeats struct {
	now   func() time.Duration // since the server started; tests set it
	limit int                  // of refusals that are held back at a time
	held  *metrics.Counter
	full  *metrics.Counter

	mu       sync.Mutex // a leaf; guards everything below
	of       map[visitor]repeat
	refusals int  // those that are held back
	ended    bool // nothing is held back any more
}

// visitor is a client, as far as it can be known again.
type visitor struct {
	room, user string            // of a client that was in its room
	asked      [sha256.Size]byte // of a client that was refused: hash of its token and of what it asked for
	ip         netip.Addr        // not of a client that was refused with a token
}

// repeat is what is known of a visitor.
type repeat struct {
	times int
	last  time.Duration // when it was closed last, or is to be
}

func newRepeats(limit int, set *metrics.Set, started time.Time) *repeats {
	r := &repeats{
		now:   func() time.Duration { return time.Since(started) },
		limit: limit,
		held:  set.NewCounter("realtime_closes_held_back_total"),
		full:  set.NewCounter("realtime_refusals_not_held_back_total"),
		of:    map[visitor]repeat{},
	}
	set.NewGauge("realtime_refusals_held_back", func() float64 { return float64(r.holding()) })
	return r
}

// refusedVisitor is a client that is not let in to what it asks for.
func refusedVisitor(v visit, ip netip.Addr) visitor {
	asked := sha256.Sum256([]byte(v.token + "\n" + v.path))
	if v.token == "" {
		return visitor{asked: asked, ip: ip}
	}
	return visitor{asked: asked}
}

// holdBack notes that v is to be closed, and returns for how long that is to be held back. The first closes, as many as
// free says, are not.
func (r *repeats) holdBack(v visitor, free int) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return 0
	}
	now, last := r.now(), r.of[v]
	if now-last.last >= repeatsFor {
		last.times = 0
	}
	if last.times >= free {
		wait = min(firstHoldBack<<min(last.times-free, 8), longestHoldBack)
	}
	r.makeRoom(v)
	r.of[v] = repeat{last.times + 1, now + wait}
	return wait
}

// makeRoom forgets any visitor where there is no place for v; mu is held.
func (r *repeats) makeRoom(v visitor) {
	if _, ok := r.of[v]; ok || len(r.of) < maxRepeats {
		return
	}
	for other := range r.of {
		delete(r.of, other)
		return
	}
}

// forget is called when a visitor was let in.
func (r *repeats) forget(v visitor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, v)
}

// holdRefusal takes a place for a refusal that is held back, and returns false when there is none. releaseRefusal gives
// it back.
func (r *repeats) holdRefusal() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusals >= r.limit {
		r.full.Inc()
		return false
	}
	r.refusals++
	return true
}

func (r *repeats) releaseRefusal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refusals--
}

// holding returns how many refusals are held back.
func (r *repeats) holding() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refusals
}

// sweep forgets those who have not come back.
func (r *repeats) sweep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for v, last := range r.of {
		if now-last.last >= repeatsFor {
			delete(r.of, v)
		}
	}
}

// end has nothing held back from now on.
func (r *repeats) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
}

func (r *repeats) hasEnded() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}
