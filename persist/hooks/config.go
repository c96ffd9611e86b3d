package hooks

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
)

// hook is an endpoint. Errors and metrics have its String.
type hook int

const (
	authorize hook = iota
	load
	store
	hooks
)

var hookNames = [hooks]string{"authorize", "load", "store"}

func (o hook) String() string { return hookNames[o] }

// Config is the configuration of a Client. All fields but the secrets may be zero, and then have
// the default that their comment names.
type Config struct {
	// Authorize, Load and Store are the URLs of the endpoints. Empty: it is not called, and calls
	// fail with ErrConfig.
	Authorize, Load, Store string
	// Secrets sign the calls: the first one, and others while a secret is replaced.
	Secrets []standardwebhooks.Secret
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
	// Concurrency is the number of calls of one endpoint that run at once; further ones wait. 16.
	Concurrency int
	// MaxBody is the largest body of a request, and of an answer when uncompressed, in bytes.
	// 100 MiB.
	MaxBody int

	// BreakerFailures is the number of attempts in a row without an answer, or answered 502 to 504,
	// after which the circuit breaker of an endpoint opens. 5.
	BreakerFailures int
	// BreakerPause is the time until it lets one call through. 10 s.
	BreakerPause time.Duration

	// PositiveTTL is the time for which a token counts as valid without a call, if the answer about
	// it names no other: revocations are noticed that much later. 45 s.
	PositiveTTL time.Duration
	// NegativeTTL is the time for which a refusal is cached at first. It is six times as long each
	// time that the receiver repeats it, up to NegativeMax. 10 s, 15 min.
	NegativeTTL, NegativeMax time.Duration
	// MaxStale is the time for which a user stays authorized beyond the time of the last answer,
	// while the receiver cannot be asked. 15 min.
	MaxStale time.Duration
	// RefreshPause is the time after which a failed call about a token is made again. 10 s.
	RefreshPause time.Duration
	// Sessions is the number of answers about tokens in the cache, with twice as many refusals. The
	// least recently used one makes place for a new one. 10000.
	Sessions int
}

// MaxCache bounds the time for which a receiver can have an answer cached.
const MaxCache = 24 * time.Hour

// maxAuthorizeAnswer bounds an answer about a token, in bytes.
const maxAuthorizeAnswer = 64 << 10

// idleConnections is how long a connection without a call is kept.
const idleConnections = 90 * time.Second

func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Attempts = cmp.Or(c.Attempts, 3)
	c.RetryPause = cmp.Or(c.RetryPause, 250*time.Millisecond)
	c.RetryPauseMax = cmp.Or(c.RetryPauseMax, 3*time.Second)
	c.RetryAfterMax = cmp.Or(c.RetryAfterMax, 5*time.Second)
	c.RateLimitPause = cmp.Or(c.RateLimitPause, 30*time.Second)
	c.RateLimitMax = cmp.Or(c.RateLimitMax, 15*time.Minute)
	c.Concurrency = cmp.Or(c.Concurrency, 16)
	c.MaxBody = cmp.Or(c.MaxBody, 100<<20)
	c.BreakerFailures = cmp.Or(c.BreakerFailures, 5)
	c.BreakerPause = cmp.Or(c.BreakerPause, 10*time.Second)
	c.PositiveTTL = cmp.Or(c.PositiveTTL, 45*time.Second)
	c.NegativeTTL = cmp.Or(c.NegativeTTL, 10*time.Second)
	c.NegativeMax = cmp.Or(c.NegativeMax, 15*time.Minute)
	c.MaxStale = cmp.Or(c.MaxStale, 15*time.Minute)
	c.RefreshPause = cmp.Or(c.RefreshPause, 10*time.Second)
	c.Sessions = cmp.Or(c.Sessions, 10000)
	return c
}

// check returns what is wrong with a configuration, as an ErrConfig.
func (c Config) check() error {
	for op, address := range c.urls() {
		if err := checkURL(address); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrConfig, hook(op), err)
		}
	}
	if len(c.Secrets) == 0 || c.Secrets[0].IsZero() {
		return fmt.Errorf("%w: there is no secret to sign calls with", ErrConfig)
	}
	if min(c.Attempts, c.Concurrency, c.MaxBody, c.BreakerFailures, c.Sessions) < 0 {
		return fmt.Errorf("%w: a count is negative", ErrConfig)
	}
	return nil
}

func (c Config) urls() [hooks]string { return [...]string{c.Authorize, c.Load, c.Store} }

// checkURL does not quote the URL, which may have a password. A query is allowed.
func checkURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case address == "":
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("the URL is not http://host:port/path or https://…")
	case u.User != nil || u.Fragment != "":
		return fmt.Errorf("the URL has a user or a fragment; calls are signed with hooks.secret")
	}
	return nil
}

// String returns no field: some are secrets.
func (c Config) String() string { return "hooks.Config{…}" }

// GoString does the same for %#v.
func (c Config) GoString() string { return c.String() }

// MarshalText does the same for logs in JSON.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
