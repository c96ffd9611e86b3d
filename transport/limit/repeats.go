package limit

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// A client that is closed may come back at once, and be closed for the same reason again, for
// hours: y-websocket before 3.1 does so after every close, as its backoff begins again with each
// handshake that succeeds. So the close is held back, longer each time, while the client is sent
// the reason at once.
const (
	// FreeRefusals is how many refusals of a client are not held back.
	FreeRefusals = 2
	// FreeCloses is how many closes of a client that was in its room are not held back.
	FreeCloses = 1
	// FirstHoldBack is the time by which a close is held back the first time.
	FirstHoldBack = time.Second
	// maxHoldBack is the longest such time. It is shorter than the 30 s for which y-websocket waits
	// for a message before it reconnects.
	maxHoldBack = 25 * time.Second
	// repeatWindow is the time after a close within which the next one counts as its repetition.
	repeatWindow = 5 * time.Minute
	// maxRepeats is how many clients are remembered. A further one replaces the one that was closed
	// longest ago.
	maxRepeats = 10_000
)

// Repeats remembers the clients that were closed, and may come back to be closed for the same
// reason.
type Repeats struct {
	Now        func() time.Duration
	held, full *metrics.Counter

	mu          sync.Mutex // a leaf; guards everything below
	clients     *simplelru.LRU[Client, repeat]
	maxRefusals int  // limit on refusals
	refusals    int  // refused clients whose close is held back
	stopped     bool // no close is held back any more
}

// Client identifies a client, also when it comes back. It is made by RefusedClient, or with Room,
// User and IP for a client that was in its room.
type Client struct {
	Room, User string
	IP         netip.Addr
	request    [sha256.Size]byte // of a refused client: the hash of its token and path
}

// RefusedClient identifies a client that is refused: by token and path, or, without a token, by
// address and path.
func RefusedClient(token, path string, ip netip.Addr) Client {
	c := Client{request: sha256.Sum256([]byte(token + "\n" + path))}
	if token == "" {
		c.IP = ip
	}
	return c
}

// repeat is the history of a client.
type repeat struct {
	times int
	last  time.Duration // when it was closed last, or will be
}

// NewRepeats returns an empty memory. At most maxRefusals closes of refused clients are held back
// at a time.
func NewRepeats(maxRefusals int, set *metrics.Set, started time.Time) *Repeats {
	clients, _ := simplelru.NewLRU[Client, repeat](maxRepeats, nil) // fails only for a size below 1
	r := &Repeats{
		Now:         func() time.Duration { return time.Since(started) },
		maxRefusals: maxRefusals,
		held:        set.NewCounter("realtime_closes_held_back_total"),
		full:        set.NewCounter("realtime_refusals_not_held_back_total"),
		clients:     clients,
	}
	set.NewGauge("realtime_refusals_held_back", func() float64 { return float64(r.Refusals()) })
	return r
}

// SetMaxRefusals replaces the limit on refused clients whose close is held back.
func (r *Repeats) SetMaxRefusals(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.maxRefusals = n
}

// Closing records that a client is to be closed, and returns the time by which the close is to be
// held back: 0 for the first closes, as many as free.
func (r *Repeats) Closing(c Client, free int) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return 0
	}
	now := r.Now()
	last, _ := r.clients.Peek(c)
	if now-last.last >= repeatWindow {
		last.times = 0
	}
	if last.times >= free {
		wait = min(FirstHoldBack<<min(last.times-free, 8), maxHoldBack)
	}
	r.clients.Add(c, repeat{last.times + 1, now + wait})
	return wait
}

// HeldBack counts a close that is held back.
func (r *Repeats) HeldBack() { r.held.Inc() }

// Forget forgets a client, which has been let in.
func (r *Repeats) Forget(c Client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clients.Remove(c)
}

// TakeRefusal counts a refused client whose close is held back, until ReleaseRefusal. It returns
// false if there are too many.
func (r *Repeats) TakeRefusal() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusals >= r.maxRefusals {
		r.full.Inc()
		return false
	}
	r.refusals++
	return true
}

// ReleaseRefusal is called when such a close is over.
func (r *Repeats) ReleaseRefusal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refusals--
}

// Refusals returns how many refused clients have a close that is held back.
func (r *Repeats) Refusals() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refusals
}

// Sweep forgets the clients that have not come back in time.
func (r *Repeats) Sweep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for now := r.Now(); ; {
		_, oldest, ok := r.clients.GetOldest()
		if !ok || now-oldest.last < repeatWindow {
			return
		}
		r.clients.RemoveOldest()
	}
}

// Stop makes Closing and TakeRefusal hold back nothing from now on.
func (r *Repeats) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
}

// Stopped reports whether Stop has been called.
func (r *Repeats) Stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}
