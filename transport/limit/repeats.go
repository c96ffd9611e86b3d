package limit

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// A client that is closed may come back at once, and be closed for the same again, for hours:
// y-websocket before 3.1 does so after every close, as its backoff begins anew with each handshake
// that succeeds. So its close is held back, longer each time. The client is told the reason at
// once.
const (
	// FreeRefusals is how often a client is refused before that is held back.
	FreeRefusals = 2
	// FreeCloses is how often a client that was in its room is closed before that is held back.
	FreeCloses = 1
	// FirstHoldBack is for how long a close is held back the first time.
	FirstHoldBack = time.Second
	// maxHoldBack is shorter than the 30 s for which y-websocket waits for a message before it
	// connects anew.
	maxHoldBack = 25 * time.Second
	// repeatWindow is how long after a close the next one counts as its repetition.
	repeatWindow = 5 * time.Minute
	// maxRepeats is how many clients are remembered. A further one replaces the one that was closed
	// longest ago.
	maxRepeats = 10_000
)

// Repeats remembers clients that were closed, and may come back to be closed for the same.
type Repeats struct {
	Now         func() time.Duration
	maxRefusals int // that are held back at a time
	held, full  *metrics.Counter

	mu       sync.Mutex // a leaf; guards everything below
	clients  *simplelru.LRU[Client, repeat]
	refusals int  // that are held back
	stopped  bool // no close is held back any more
}

// Client identifies a client when it comes back. Use RefusedClient, or set Room, User and IP for a
// client that was in its room.
type Client struct {
	Room, User string
	IP         netip.Addr
	request    [sha256.Size]byte // of a refused client: hash of its token and path
}

// RefusedClient identifies a client that is refused: by its token and path, or, if it has no token,
// by its address and path.
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

// NewRepeats returns an empty memory. At most maxRefusals refusals are held back at a time.
func NewRepeats(maxRefusals int, set *metrics.Set, started time.Time) *Repeats {
	clients, _ := simplelru.NewLRU[Client, repeat](maxRepeats, nil) // fails for no positive size
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

// Closing notes that a client is to be closed, and returns for how long that is to be held back. It
// is 0 for the first closes, as many as free says.
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

// Forget is called when a client is let in.
func (r *Repeats) Forget(c Client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clients.Remove(c)
}

// TakeRefusal counts a refusal that is held back, until ReleaseRefusal. It returns false if there
// are too many.
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

// ReleaseRefusal is called when the close of a refusal that was held back is over.
func (r *Repeats) ReleaseRefusal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refusals--
}

// Refusals returns how many refusals are held back.
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

// Stop makes sure that no close is held back from now on.
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
