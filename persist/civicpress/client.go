package civicpress

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/semaphore"
)

// Client calls the API. Beside calls under way it has no goroutines, but may keep idle connections.
type Client struct {
	cfg     Config
	base    string // prefix of all URLs, with /api/v1
	key     []byte // of the signatures of tokens; nil: unknown
	http    *http.Client
	slots   *semaphore.Weighted
	breaker *gobreaker.CircuitBreaker[[]byte]

	sessions              sessionCache
	recordCache           recordCache
	authLimit, otherLimit rateLimit    // the API counts calls of /auth/* by themselves
	began                 time.Time    // the zero of unsupported, on the monotonic clock
	unsupported           atomic.Int64 // end of UnsupportedTTL, in ns since began
	metrics               *clientMetrics
}

// New returns a Client. It makes no call. Its error is an ErrConfig.
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
	c := &Client{cfg: cfg, base: base, began: time.Now(), metrics: newClientMetrics()}
	c.slots = semaphore.NewWeighted(int64(cfg.Concurrency))
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

// baseURL returns the prefix of all URLs. Its error does not quote s, which may have a password.
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

// noRedirect makes net/http return redirects as answers: a token is sent to the configured URL
// only.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// newTransport returns a transport that keeps a connection for each call that may run. It ignores
// proxies of the environment, which would receive tokens.
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
		Timeout: c.cfg.BreakerPause,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			return n.ConsecutiveFailures >= uint32(c.cfg.BreakerFailures)
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
				c.metrics.breakerOpened.Inc()
			}
		},
	}
}

// Close closes idle connections. Calls under way are not affected.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// WriteMetrics writes the client's metrics in the Prometheus text format.
func (c *Client) WriteMetrics(w io.Writer) { c.metrics.set.WritePrometheus(w) }

// String returns no field: some are secrets.
func (c *Client) String() string { return "civicpress.Client{…}" }

// GoString does the same for %#v.
func (c *Client) GoString() string { return c.String() }
