package limit

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxRequesters is how many callers are remembered. A further one replaces the one that was longest
// silent, who then has a full burst again.
const maxRequesters = 10_000

// Requests limits the rate of requests of each caller. Callers are told apart by a text, such as an
// address or the name of a key.
type Requests struct {
	Now func() time.Duration

	mu      sync.Mutex // a leaf; guards everything below
	rate    Rate
	callers *simplelru.LRU[string, Bucket]
}

// NewRequests returns a limit of perSecond requests a second, of which burst may come at once.
func NewRequests(perSecond, burst int, started time.Time) *Requests {
	callers, _ := simplelru.NewLRU[string, Bucket](maxRequesters, nil) // fails only below 1
	return &Requests{
		Now:     func() time.Duration { return time.Since(started) },
		rate:    NewRate(perSecond, burst),
		callers: callers,
	}
}

// SetRate changes the limit.
func (q *Requests) SetRate(perSecond, burst int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rate = NewRate(perSecond, burst)
}

// Allow counts a request of a caller, and returns the time for which the caller must wait: 0 if it
// need not. A request that has to wait is not counted.
func (q *Requests) Allow(caller string) (wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.Now()
	bucket, _ := q.callers.Peek(caller)
	if wait = bucket.Wait(q.rate, now); wait == 0 {
		bucket.Take(q.rate, now)
	}
	q.callers.Add(caller, bucket)
	return wait
}
