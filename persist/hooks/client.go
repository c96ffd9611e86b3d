package hooks

import (
	"io"
	"net/http"
	"sync/atomic"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// Client calls the endpoints. Beside calls under way it has no goroutines, but may keep idle
// connections.
type Client struct {
	conf      atomic.Pointer[Config] // replaced as a whole by Reconfigure; never nil
	http      *http.Client
	endpoints [hooks]endpoint
	sessions  sessionCache
	failure   atomic.Pointer[Error] // of the last call of hooks.authorize; nil: it was answered
	metrics   *clientMetrics
}

// endpoint is a URL that is called, with the limits of its calls.
type endpoint struct {
	url    string // empty: there is none
	server *httpcall.Server
	limit  httpcall.HoldBack
}

// New returns a Client. It makes no call. Its error is an ErrConfig.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Options = cfg.WithDefaults(defaultMaxBody)
	c := &Client{metrics: newClientMetrics(), http: httpcall.NewHTTP(cfg.Options, int(hooks))}
	c.conf.Store(&cfg)
	for h, url := range cfg.urls() {
		e, opened := &c.endpoints[h], c.metrics.breakerOpened[h]
		e.url = url
		e.server = httpcall.NewServer(c.http, c.options, c.metrics.Metrics, opened)
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
	cfg.Options = cfg.WithDefaults(defaultMaxBody).Keep(before.Options)
	cfg.Authorize, cfg.Load, cfg.Store = before.Authorize, before.Load, before.Store
	c.conf.Store(&cfg)
	return nil
}

// cfg returns the configuration as of now, which must not be changed.
func (c *Client) cfg() *Config { return c.conf.Load() }

func (c *Client) options() *httpcall.Options { return &c.cfg().Options }

// Config returns the configuration as of now, with its defaults in place of zeros.
func (c *Client) Config() Config { return *c.cfg() }

// Close closes idle connections. Calls under way are not affected.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// WriteMetrics writes the client's metrics in the Prometheus text format.
func (c *Client) WriteMetrics(w io.Writer) { c.metrics.WritePrometheus(w) }

// String returns no field: some are secrets.
func (c *Client) String() string { return "hooks.Client{…}" }

// GoString does the same for %#v.
func (c *Client) GoString() string { return c.String() }
