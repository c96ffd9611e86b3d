package civicpress

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// Client calls the API. Beside calls under way it has no goroutines, but may keep idle connections.
type Client struct {
	conf   atomic.Pointer[settings] // replaced as a whole by Reconfigure; never nil
	base   string                   // prefix of all URLs, with /api/v1
	http   *http.Client
	server *httpcall.Server

	sessions              sessionCache
	recordCache           recordCache
	authLimit, otherLimit rateLimit    // the API counts calls of /auth/* by themselves
	began                 time.Time    // the zero of unsupported, on the monotonic clock
	unsupported           atomic.Int64 // end of UnsupportedTTL, in ns since began
	metrics               *clientMetrics
}

// settings are a configuration, and the key that is made of its secret.
type settings struct {
	Config
	key []byte // of the signatures of tokens; nil: unknown
}

// newSettings checks a configuration. Its error is an ErrConfig.
func newSettings(cfg Config) (*settings, error) {
	s := &settings{Config: cfg.withDefaults()}
	if cfg.Token != "" && !sendable(cfg.Token) {
		return nil, fmt.Errorf("%w: the token cannot be sent", ErrConfig)
	}
	err := s.Options.Check()
	if err == nil && cfg.Secret != "" {
		s.key, err = signingKey(cfg.Secret)
	}
	return s, err
}

// maySign reports whether CivicPress may have signed a token, which is unknown without its secret.
func (s *settings) maySign(token string) bool { return s.key == nil || signed(token, s.key) }

// New returns a Client. It makes no call. Its error is an ErrConfig.
func New(cfg Config) (*Client, error) {
	base, err := baseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	s, err := newSettings(cfg)
	if err != nil {
		return nil, err
	}
	c := &Client{base: base, began: time.Now(), metrics: newClientMetrics()}
	c.conf.Store(s)
	c.http = httpcall.NewHTTP(s.Options, 1)
	c.server = httpcall.NewServer(c.http, c.options, c.metrics.Metrics, c.metrics.breakerOpened)
	c.sessions.init(s.Sessions)
	c.recordCache.init(s.Sessions)
	return c, nil
}

// Reconfigure replaces the configuration: secrets and times. The address of the API, the numbers of
// calls and sessions, and the breaker stay as they are. If its error, an ErrConfig, is not nil, it
// changes nothing.
func (c *Client) Reconfigure(cfg Config) error {
	s, err := newSettings(cfg)
	if err != nil {
		return err
	}
	before := c.cfg()
	s.URL, s.Options = before.URL, s.Options.Keep(before.Options)
	c.conf.Store(s)
	return nil
}

// cfg returns the configuration as of now, which must not be changed.
func (c *Client) cfg() *Config { return &c.conf.Load().Config }

func (c *Client) options() *httpcall.Options { return &c.cfg().Options }

// MaySign reports whether CivicPress may have signed a token, by the configured secret.
func (c *Client) MaySign(token string) bool { return c.conf.Load().maySign(token) }

// Config returns the configuration as of now, with its defaults in place of zeros.
func (c *Client) Config() Config { return *c.cfg() }

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

// Close closes idle connections. Calls under way are not affected.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// WriteMetrics writes the client's metrics in the Prometheus text format.
func (c *Client) WriteMetrics(w io.Writer) { c.metrics.WritePrometheus(w) }

// String returns no field: some are secrets.
func (c *Client) String() string { return "civicpress.Client{…}" }

// GoString does the same for %#v.
func (c *Client) GoString() string { return c.String() }
