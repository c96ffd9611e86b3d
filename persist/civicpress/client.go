package civicpress

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/semaphore"
)

// Client calls the API. It has no goroutines of its own, but may hold idle connections.
type Client struct {
	cfg     Config
	base    string // of all URLs, to /api/v1
	key     []byte // that tokens are signed with; nil: unknown
	http    *http.Client
	slots   *semaphore.Weighted
	breaker *gobreaker.CircuitBreaker[[]byte]

	sessions              sessionCache
	recordCache           recordCache
	authLimit, otherLimit rateLimit    // the API limits these apart
	began                 time.Time    // what unsupported is counted from, by the monotonic clock
	unsupported           atomic.Int64 // until when snapshots are, in nanoseconds
	metrics               *clientMetrics
}

// New returns a client, without calling anything. Its error is an ErrConfig.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	base, err := baseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	if cfg.Token != "" && !sendable(cfg.Token) {
		return nil, fmt.Errorf("%w: the token cannot be sent", ErrConfig)
	}
	if min(cfg.Attempts, cfg.Concurrency, cfg.MaxBody, cfg.BreakerFailures, cfg.Sessions) < 0 {
		return nil, fmt.Errorf("%w: a count is negative", ErrConfig)
	}
	c := &Client{cfg: cfg, base: base, began: time.Now(), metrics: newClientMetrics(), slots: semaphore.NewWeighted(int64(cfg.Concurrency))}
	if cfg.Secret != "" {
		if c.key, err = signingKey(cfg.Secret); err != nil {
			return nil, err
		}
	}
	if cfg.Transport == nil {
		cfg.Transport = newTransport(cfg)
	}
	c.http = &http.Client{Transport: cfg.Transport, CheckRedirect: noRedirect}
	c.breaker = gobreaker.NewCircuitBreaker[[]byte](c.breakerSettings())
	c.sessions.init(cfg.Sessions)
	c.recordCache.init(cfg.Sessions)
	return c, nil
}

// baseURL does not quote what it refuses: there may be a password in it.
func baseURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", fmt.Errorf("%w: the URL is not http://host:port or https://…", ErrConfig)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%w: the URL has a user, a query or a fragment", ErrConfig)
	}
	return strings.TrimRight(u.String(), "/") + "/api/v1", nil
}

// noRedirect returns redirects as answers: a token goes where the configuration says only.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// newTransport keeps as many connections as there can be calls. Tokens do not go
// through whatever proxy the environment names.
func newTransport(cfg Config) *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: cfg.Timeout}).DialContext,
		TLSHandshakeTimeout: cfg.Timeout,
		MaxIdleConnsPerHost: cfg.Concurrency,
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   true,
	}
}

func (c *Client) breakerSettings() gobreaker.Settings {
	return gobreaker.Settings{
		Timeout:      c.cfg.BreakerPause,
		ReadyToTrip:  func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= uint32(c.cfg.BreakerFailures) },
		IsSuccessful: func(err error) bool { e, ok := err.(*Error); return err == nil || ok && !e.noAnswer() },
		IsExcluded:   func(err error) bool { _, ok := err.(*Error); return err != nil && !ok }, // the caller gave up
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				c.metrics.breakerOpened.Inc()
			}
		},
	}
}

// Close lets go of idle connections. Calls under way end as they would.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// String keeps secrets out of whatever prints a Client.
func (c *Client) String() string { return "civicpress.Client{…}" }

// GoString does the same for %#v.
func (c *Client) GoString() string { return c.String() }
