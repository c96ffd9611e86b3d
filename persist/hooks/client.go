package hooks

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// Client calls the endpoints. Beside calls under way it has no goroutines, but may keep idle
// connections.
type Client struct {
	conf      atomic.Pointer[Config] // replaced as a whole by Reconfigure; never nil
	http      *http.Client
	endpoints [hooks]*endpoint
	sessions  sessionCache
	failure   atomic.Pointer[Error] // of the last call of hooks.authorize; nil: it was answered
	metrics   *clientMetrics
}

// New returns a Client. It makes no call. Its error is an ErrConfig.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	c := &Client{metrics: newClientMetrics()}
	c.conf.Store(&cfg)
	for h, url := range cfg.urls() {
		c.endpoints[h] = newEndpoint(hook(h), url, cfg, c.metrics.breakerOpened[h].Inc)
	}
	c.http = &http.Client{Transport: cfg.Transport, CheckRedirect: noRedirect}
	if cfg.Transport == nil {
		c.http.Transport = newTransport(cfg)
	}
	c.sessions.init(cfg.Sessions)
	return c, nil
}

// Reconfigure replaces the configuration: secrets and times. The URLs, the numbers of calls and
// sessions, and the breakers stay as they are. If its error, an ErrConfig, is not nil, it changes
// nothing.
func (c *Client) Reconfigure(cfg Config) error {
	if err := cfg.check(); err != nil {
		return err
	}
	before := c.cfg()
	cfg = cfg.withDefaults()
	cfg.Authorize, cfg.Load, cfg.Store = before.Authorize, before.Load, before.Store
	cfg.Transport = before.Transport
	cfg.Concurrency, cfg.Sessions = before.Concurrency, before.Sessions
	cfg.BreakerFailures, cfg.BreakerPause = before.BreakerFailures, before.BreakerPause
	c.conf.Store(&cfg)
	return nil
}

// cfg returns the configuration as of now, which must not be changed.
func (c *Client) cfg() *Config { return c.conf.Load() }

// Config returns the configuration as of now, with its defaults in place of zeros.
func (c *Client) Config() Config { return *c.cfg() }

// noRedirect makes net/http return redirects as answers: tokens and documents are sent to the
// configured URLs only.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// newTransport returns a transport that keeps a connection for each call that may run. It ignores
// proxies of the environment, which would receive tokens.
func newTransport(cfg Config) *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: cfg.Timeout}).DialContext,
		TLSHandshakeTimeout: cfg.Timeout,
		MaxIdleConnsPerHost: int(hooks) * cfg.Concurrency,
		ForceAttemptHTTP2:   true,
		IdleConnTimeout:     idleConnections,
	}
}

// Close closes idle connections. Calls under way are not affected.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// WriteMetrics writes the client's metrics in the Prometheus text format.
func (c *Client) WriteMetrics(w io.Writer) { c.metrics.set.WritePrometheus(w) }

// String returns no field: some are secrets.
func (c *Client) String() string { return "hooks.Client{…}" }

// GoString does the same for %#v.
func (c *Client) GoString() string { return c.String() }
