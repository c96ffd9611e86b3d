package httpcall

import (
	"cmp"
	"fmt"
	"net/http"
	"time"
)

// Options are the limits and times of calls, and of the cache of answers about tokens. Zero stands
// for the default that the comment names.
type Options struct {
	// Transport makes the calls. A new one, which ignores the environment's proxy settings.
	Transport http.RoundTripper

	// Timeout bounds one attempt, from dialing to the end of the answer. 10 s.
	Timeout time.Duration
	// Attempts is the number of attempts at a call, the first included. 3.
	Attempts int
	// RetryPause is the mean pause before the second attempt. Each further one is twice as long, up
	// to RetryPauseMax, and all are longer or shorter by up to a half, at random. 250 ms, 3 s.
	RetryPause, RetryPauseMax time.Duration
	// RetryAfterMax is the longest time named by a 429 or 503 that a call waits for. With a longer
	// one it returns at once. 5 s.
	RetryAfterMax time.Duration
	// RateLimitPause is the time for which calls are held back after a 429 that names none, and
	// RateLimitMax the longest, even if a 429 names a longer one. 30 s, 15 min.
	RateLimitPause, RateLimitMax time.Duration
	// Concurrency is the number of calls of a Server that run at once; further ones wait. 16.
	Concurrency int
	// MaxBody is the largest body of a request, and of an answer when uncompressed, in bytes. The
	// default is the caller's.
	MaxBody int

	// BreakerFailures is the number of attempts in a row without an answer, or answered 502 to 504,
	// after which the circuit breaker of a Server opens. 5.
	BreakerFailures int
	// BreakerPause is the time until it lets one call through. 10 s.
	BreakerPause time.Duration

	// PositiveTTL is the time for which a token counts as valid without a call: revocations are
	// noticed that much later. 45 s.
	PositiveTTL time.Duration
	// NegativeTTL is the time for which a refusal is cached at first. It is six times as long each
	// time that the server repeats it, up to NegativeMax. 10 s, 15 min.
	NegativeTTL, NegativeMax time.Duration
	// MaxStale is the time for which a user stays authorized on an old answer while the server
	// cannot be asked. 15 min.
	MaxStale time.Duration
	// RefreshPause is the time after which a failed call about a token is made again; six times as
	// long after a second failure. 10 s.
	RefreshPause time.Duration
	// Sessions is the number of answers about tokens in the cache, with twice as many refusals. The
	// least recently used one makes place for a new one. 10000.
	Sessions int
}

// WithDefaults returns o with defaults in place of zeros.
func (o Options) WithDefaults(maxBody int) Options {
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.Attempts = cmp.Or(o.Attempts, 3)
	o.RetryPause = cmp.Or(o.RetryPause, 250*time.Millisecond)
	o.RetryPauseMax = cmp.Or(o.RetryPauseMax, 3*time.Second)
	o.RetryAfterMax = cmp.Or(o.RetryAfterMax, 5*time.Second)
	o.RateLimitPause = cmp.Or(o.RateLimitPause, 30*time.Second)
	o.RateLimitMax = cmp.Or(o.RateLimitMax, 15*time.Minute)
	o.Concurrency = cmp.Or(o.Concurrency, 16)
	o.MaxBody = cmp.Or(o.MaxBody, maxBody)
	o.BreakerFailures = cmp.Or(o.BreakerFailures, 5)
	o.BreakerPause = cmp.Or(o.BreakerPause, 10*time.Second)
	o.PositiveTTL = cmp.Or(o.PositiveTTL, 45*time.Second)
	o.NegativeTTL = cmp.Or(o.NegativeTTL, 10*time.Second)
	o.NegativeMax = cmp.Or(o.NegativeMax, 15*time.Minute)
	o.MaxStale = cmp.Or(o.MaxStale, 15*time.Minute)
	o.RefreshPause = cmp.Or(o.RefreshPause, 10*time.Second)
	o.Sessions = cmp.Or(o.Sessions, 10000)
	return o
}

// Check returns an ErrConfig if options make no sense.
func (o Options) Check() error {
	if min(o.Attempts, o.Concurrency, o.MaxBody, o.BreakerFailures, o.Sessions) < 0 {
		return fmt.Errorf("%w: a count is negative", ErrConfig)
	}
	return nil
}

// Keep returns o with those options of before that cannot change while a client is used: its
// transport, the numbers of calls and sessions, and the breaker.
func (o Options) Keep(before Options) Options {
	o.Transport = before.Transport
	o.Concurrency, o.Sessions = before.Concurrency, before.Sessions
	o.BreakerFailures, o.BreakerPause = before.BreakerFailures, before.BreakerPause
	return o
}
