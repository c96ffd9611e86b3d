package limit

import (
	"net/netip"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxBuckets is how many addresses a HandshakeRate remembers. A further one replaces the one that
// began a handshake longest ago.
const maxBuckets = 10_000

// HandshakeRate limits how many handshakes a second each address may begin.
type HandshakeRate struct {
	Now     func() time.Duration
	refused *metrics.Counter

	mu      sync.Mutex // a leaf; guards everything below
	rate    Rate
	buckets *simplelru.LRU[netip.Addr, Bucket] // those that are not full
}

// NewHandshakeRate returns a limit of perSecond handshakes a second in the long run, and burst at
// once.
func NewHandshakeRate(perSecond, burst int, set *metrics.Set, started time.Time) *HandshakeRate {
	return &HandshakeRate{
		Now:     func() time.Duration { return time.Since(started) },
		rate:    NewRate(perSecond, burst),
		refused: set.NewCounter("realtime_handshakes_refused_total"),
		buckets: newBuckets(),
	}
}

func newBuckets() *simplelru.LRU[netip.Addr, Bucket] {
	buckets, _ := simplelru.NewLRU[netip.Addr, Bucket](maxBuckets, nil) // fails only below 1
	return buckets
}

// SetRate replaces the rate. The handshakes that an address has begun count against it.
func (h *HandshakeRate) SetRate(perSecond, burst int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rate = NewRate(perSecond, burst)
}

// Allow counts a handshake of an address and returns 0, or returns the time until the address may
// begin one. The zero Addr always may.
func (h *HandshakeRate) Allow(ip netip.Addr) (wait time.Duration) {
	if !ip.IsValid() {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.Now()
	b, _ := h.buckets.Peek(ip)
	if wait := b.Wait(h.rate, now); wait > 0 {
		h.refused.Inc()
		return wait
	}
	b.Take(h.rate, now)
	h.buckets.Add(ip, b)
	return 0
}

// Sweep forgets the addresses whose buckets are full. It makes a new map, as a Go map keeps the
// memory of all entries that it ever had.
func (h *HandshakeRate) Sweep() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.buckets.Len() == 0 {
		return
	}
	now, kept := h.Now(), newBuckets()
	for _, ip := range h.buckets.Keys() {
		if b, _ := h.buckets.Peek(ip); b.used(now) > 0 {
			kept.Add(ip, b)
		}
	}
	h.buckets = kept
}

// Len returns how many addresses are remembered.
func (h *HandshakeRate) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buckets.Len()
}
