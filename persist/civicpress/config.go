package civicpress

import (
	"cmp"
	"net/http"
	"time"
)

// Config is the configuration of a Client. All fields but URL may be zero, and then have the
// default that their comment names.
type Config struct {
	// URL is the address of the API without /api/v1: "http://127.0.0.1:3000".
	URL string
	// Secret is CivicPress' CIVICPRESS_SECRET, 64 hexadecimal digits or more. With it, tokens that
	// CivicPress did not sign are refused without a call. Empty: there is a call for each.
	Secret string
	// Token is the token of calls whose own is "". Empty: such calls fail.
	Token string
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
	// RateLimitPause is the time for which calls are held back after a 429 that names none. 30 s.
	RateLimitPause time.Duration
	// RateLimitMax is the longest time for which calls are held back, even if a 429 names a longer
	// one. 15 min, the API's window.
	RateLimitMax time.Duration
	// Concurrency is the number of calls that run at once; further ones wait. 16.
	Concurrency int
	// MaxBody is the largest body of a request, and of an answer when uncompressed, in bytes.
	// 10 MiB, the API's own limit.
	MaxBody int

	// BreakerFailures is the number of attempts in a row without an answer, or answered 502 to 504,
	// after which the circuit breaker opens. 5.
	BreakerFailures int
	// BreakerPause is the time until it lets one call through. 10 s.
	BreakerPause time.Duration

	// PositiveTTL is the time for which a session counts as valid without a call: revocations are
	// noticed that much later. The rights of a user, and that a record is shown, are cached twice
	// as long; rights ten times as long while the user is shown drafts or saves them. 45 s.
	PositiveTTL time.Duration
	// NegativeTTL is the time for which a refusal is cached at first. It is six times as long each
	// time that the API repeats it, up to NegativeMax for tokens, and a third of that for records
	// that are missing or hidden from the bearer. 10 s, 15 min.
	NegativeTTL, NegativeMax time.Duration
	// MaxStale is the time after the last answer for which a user stays authenticated while the API
	// cannot be called: rate limited, down, or with the last quarter of its allowance left, which
	// is kept for drafts and for users that are not cached yet. 15 min.
	MaxStale time.Duration
	// RefreshPause is the time after which a failed call about a user or a record is made again;
	// six times as long after a second failure. 10 s.
	RefreshPause time.Duration
	// Sessions is the number of tokens in the cache, with twice as many refusals, and as many
	// records. The least recently used one makes place for a new one. 10000.
	Sessions int
	// UnsupportedTTL is the time for which snapshots count as unsupported after the API answered
	// without the route. 30 min.
	UnsupportedTTL time.Duration
}

func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Attempts = cmp.Or(c.Attempts, 3)
	c.RetryPause = cmp.Or(c.RetryPause, 250*time.Millisecond)
	c.RetryPauseMax = cmp.Or(c.RetryPauseMax, 3*time.Second)
	c.RetryAfterMax = cmp.Or(c.RetryAfterMax, 5*time.Second)
	c.RateLimitPause = cmp.Or(c.RateLimitPause, 30*time.Second)
	c.RateLimitMax = cmp.Or(c.RateLimitMax, 15*time.Minute)
	c.Concurrency = cmp.Or(c.Concurrency, 16)
	c.MaxBody = cmp.Or(c.MaxBody, 10<<20)
	c.BreakerFailures = cmp.Or(c.BreakerFailures, 5)
	c.BreakerPause = cmp.Or(c.BreakerPause, 10*time.Second)
	c.PositiveTTL = cmp.Or(c.PositiveTTL, 45*time.Second)
	c.NegativeTTL = cmp.Or(c.NegativeTTL, 10*time.Second)
	c.NegativeMax = cmp.Or(c.NegativeMax, 15*time.Minute)
	c.MaxStale = cmp.Or(c.MaxStale, 15*time.Minute)
	c.RefreshPause = cmp.Or(c.RefreshPause, 10*time.Second)
	c.Sessions = cmp.Or(c.Sessions, 10000)
	c.UnsupportedTTL = cmp.Or(c.UnsupportedTTL, 30*time.Minute)
	return c
}

// String returns no field: some are secrets.
func (c Config) String() string { return "civicpress.Config{…}" }

// GoString does the same for %#v.
func (c Config) GoString() string { return c.String() }

// MarshalText does the same for logs in JSON.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
