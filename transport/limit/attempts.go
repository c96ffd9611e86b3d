package limit

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// attemptsPerSecond and attemptBurst are how many failed attempts an address has before it must
	// wait.
	attemptsPerSecond = 1
	attemptBurst      = 10
	// maxAttempts is how many addresses are remembered. A further one replaces the one that failed
	// longest ago.
	maxAttempts = 10_000
)

// Attempts limits how often an address may send a wrong secret. It only counts failures, so it does
// not keep out those who have the right one.
type Attempts struct {
	Now  func() time.Duration
	rate Rate

	mu    sync.Mutex // a leaf; guards everything below
	addrs *simplelru.LRU[netip.Addr, attempts]
}

// attempts is the history of an address.
type attempts struct {
	bucket   Bucket
	reported time.Duration // when the last line was logged
	since    int           // failures since that line
}

// NewAttempts returns a limit without any failures.
func NewAttempts(started time.Time) *Attempts {
	addrs, _ := simplelru.NewLRU[netip.Addr, attempts](maxAttempts, nil) // fails only below 1
	return &Attempts{
		Now:   func() time.Duration { return time.Since(started) },
		rate:  NewRate(attemptsPerSecond, attemptBurst),
		addrs: addrs,
	}
}

// Failed counts a failure of an address. It returns the time for which the address must wait, 0 if
// it need not, and how many failures are to be logged now: those of the last SampleInterval, or 0
// if that is not over.
func (a *Attempts) Failed(ip netip.Addr) (wait time.Duration, report int) {
	ip = network(ip)
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.Now()
	last, known := a.addrs.Peek(ip)
	if wait = last.bucket.Wait(a.rate, now); wait == 0 {
		last.bucket.Take(a.rate, now)
	}
	if last.since++; !known || now-last.reported >= SampleInterval {
		report, last.since, last.reported = last.since, 0, now
	}
	a.addrs.Add(ip, last)
	return wait, report
}

// Len returns how many addresses are remembered.
func (a *Attempts) Len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addrs.Len()
}
