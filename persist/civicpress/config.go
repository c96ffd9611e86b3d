package civicpress

import (
	"cmp"
	"net/http"
	"time"
)

// Config says where the API is and how hard it is tried. Everything but URL may be
// left out: fields that are zero have the default their comment names.
type Config struct {
	// URL is where the API is, up to but without /api/v1: "http://127.0.0.1:3000".
	URL string
	// Secret is CivicPress' CIVICPRESS_SECRET, 64 hexadecimal digits or more. With it,
	// tokens that CivicPress did not sign are refused without asking. None: all are asked about.
	Secret string
	// Token is used for calls on nobody's behalf, those with the token "". None: such calls fail.
	Token string
	// Transport carries the calls. One of the client's own, without proxy settings of the environment.
	Transport http.RoundTripper

	// Timeout bounds one attempt, from waiting for a connection to the end of the answer. 10 s.
	Timeout time.Duration
	// Attempts is how often a call is tried in all. 3.
	Attempts int
	// RetryPause is the mean pause before the second attempt; each further one is twice as long,
	// up to RetryPauseMax, and all are off by up to a half, at random. 250 ms, 3 s.
	RetryPause, RetryPauseMax time.Duration
	// RetryAfterMax is the longest time named by a 429 or 503 that a call waits for by itself.
	// It returns at once when more is asked for. 5 s.
	RetryAfterMax time.Duration
	// HoldPause is how long calls are held back after a 429 that names no time. 30 s.
	RateLimitPause time.Duration
	// HoldMax bounds the times that a 429 names. 15 min, the API's window.
	RateLimitMax time.Duration
	// Concurrency is how many calls may be under way; further ones wait. 16.
	Concurrency int
	// MaxBody bounds the bodies of answers, uncompressed, and of requests, in bytes. 10 MiB, the API's own.
	MaxBody int

	// BreakerFailures is how many attempts without an answer, or with 502 to 504, in a row make
	// the client stop trying. 5.
	BreakerFailures int
	// BreakerPause is when it tries again, with one call. 10 s.
	BreakerPause time.Duration

	// PositiveTTL is how long a session is taken for alive without asking: revocations are seen
	// that much later. Whether a record is shown, and what a person may do, is asked after twice
	// as long; the latter after ten times while the person is shown drafts or saves them. 45 s.
	PositiveTTL time.Duration
	// NegativeTTL is how long a refusal is repeated without asking, at first; six times as
	// long each time that it was the same, up to NegativeMax for tokens, and a third of that
	// for records that are missing or hidden from the bearer. 10 s, 15 min.
	NegativeTTL, NegativeMax time.Duration
	// MaxStale is how long after the last answer a person is still known while the API cannot
	// be asked: rate limited, down, or with the last quarter of its allowance left, which is
	// kept for drafts and for people who are not known yet. 15 min.
	MaxStale time.Duration
	// RefreshPause is when somebody, or a record, is asked about again after that failed; six times
	// as long when it has failed again. 10 s.
	RefreshPause time.Duration
	// Sessions is how many tokens are remembered, twice as many refusals, and as many records;
	// the least recently seen is forgotten. 10000.
	Sessions int
	// UnsupportedTTL is how long snapshots are taken for unsupported after the API said so. 30 min.
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

// String keeps secrets out of whatever prints a Config.
func (c Config) String() string { return "civicpress.Config{…}" }

// GoString does the same for %#v.
func (c Config) GoString() string { return c.String() }

// MarshalText does the same for logs in JSON.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
