package hooks

import (
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/semaphore"
)

// endpoint is a URL that is called, with the limits of its calls.
type endpoint struct {
	hook    hook
	url     string // empty: there is none
	slots   *semaphore.Weighted
	breaker *gobreaker.CircuitBreaker[answer]

	mu    sync.Mutex // a leaf; guards what follows
	until time.Time  // calls are held back by a 429 until then
}

// newEndpoint returns an endpoint; opened is called each time that its breaker opens.
func newEndpoint(h hook, url string, cfg Config, opened func()) *endpoint {
	e := &endpoint{hook: h, url: url, slots: semaphore.NewWeighted(int64(cfg.Concurrency))}
	e.breaker = gobreaker.NewCircuitBreaker[answer](gobreaker.Settings{
		Timeout: cfg.BreakerPause,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			return n.ConsecutiveFailures >= uint32(cfg.BreakerFailures)
		},
		IsSuccessful: func(err error) bool {
			e, ok := err.(*Error)
			return err == nil || ok && !e.noAnswer()
		},
		IsExcluded: func(err error) bool { // the caller's context has ended
			_, ok := err.(*Error)
			return err != nil && !ok
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				opened()
			}
		},
	})
	return e
}

// rateLimited returns an error while calls are held back.
func (e *endpoint) rateLimited(r request) error {
	e.mu.Lock()
	wait := time.Until(e.until)
	e.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	err := r.fail(ErrRateLimited, 0, nil)
	err.After = wait
	return err
}

// holdBack holds calls back for a time.
func (e *endpoint) holdBack(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.until = time.Now().Add(d)
}
