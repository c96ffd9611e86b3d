package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// ErrUnreachable says that no server answers at the address.
var ErrUnreachable = errors.New("no server answers")

// Config configures a Client.
type Config struct {
	// URL is the address of the admin API, without a path. Required.
	URL string
	// Token is sent with each request. Empty: none.
	Token string
	// Name is the name of the administrator, for the server's log and lists. Empty: the server
	// takes "admin".
	Name string
	// Node is the name of the node that is to answer for itself. Empty: the one at URL, for all.
	Node string
	// TLS is used for an https URL. nil: certificates of the authorities that the system trusts.
	TLS *tls.Config
	// Timeout is how long a call may take that is not a stream. 30 s.
	Timeout time.Duration
}

// Client calls an admin API. Its methods are safe for concurrent use.
type Client struct {
	cfg  Config
	name string // cfg.URL for errors: without a password
	http http.Client
}

// New returns a client. It uses no proxy and follows no redirects, so that the token goes to the
// server and to nobody else.
func New(cfg Config) *Client {
	cfg.Timeout = cmp.Or(cfg.Timeout, 30*time.Second)
	cfg.URL = strings.TrimSuffix(cfg.URL, "/")
	c := &Client{cfg: cfg, name: "the address"}
	if u, err := url.Parse(cfg.URL); err == nil {
		c.name = u.Redacted()
	}
	c.http.Transport = &http.Transport{
		TLSClientConfig: cfg.TLS, MaxIdleConnsPerHost: 2,
		IdleConnTimeout: cfg.Timeout, ResponseHeaderTimeout: cfg.Timeout,
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}
	return c
}

// Close closes the connections that are kept for the next call.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// exchange sends a request for an answer of a media type, and returns the answer, whatever it is.
// The caller closes its body.
func (c *Client) exchange(
	ctx context.Context, method, path string, query url.Values, body any, media string,
) (*http.Response, error) {
	r, err := c.request(ctx, method, path, query, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", media)
	resp, err := c.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w at %s: %w", ErrUnreachable, c.name, cause(err))
	}
	return resp, nil
}

// send sends a request, and returns an answer without an error, of a media type. The caller closes
// its body.
func (c *Client) send(
	ctx context.Context, method, path string, query url.Values, body any, media string,
) (*http.Response, error) {
	resp, err := c.exchange(ctx, method, path, query, body, media)
	if err != nil {
		return nil, err
	}
	got := mediaOf(resp)
	if got == media && resp.StatusCode < http.StatusBadRequest {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, problemOf(resp, got, c.name)
}

// mediaOf returns the media type of an answer, empty if it has none.
func mediaOf(resp *http.Response) string {
	got, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return got
}

// cause removes the method and the URL from an error of net/http.
func cause(err error) error {
	if e := new(url.Error); errors.As(err, &e) {
		return e.Err
	}
	return err
}

func (c *Client) request(
	ctx context.Context, method, path string, query url.Values, body any,
) (*http.Request, error) {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		text = bytes.NewReader(b)
	}
	address := c.cfg.URL + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, address, text)
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.cfg.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.cfg.Token)
	}
	if c.cfg.Name != "" {
		r.Header.Set("Admin-Name", c.cfg.Name)
	}
	if c.cfg.Node != "" {
		r.Header.Set("Admin-Node", c.cfg.Node)
	}
	return r, nil
}

// maxAnswer bounds answers; the longest page has some megabytes.
const maxAnswer = 64 << 20

// problemOf returns the error of an answer.
func problemOf(resp *http.Response, media, address string) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	p := new(api.Problem)
	if media == "application/problem+json" && json.Unmarshal(text, p) == nil {
		return p
	}
	return fmt.Errorf("%s is no admin API of civic-realtime: it answers %s, %s",
		address, resp.Status, cmp.Or(media, "without a type"))
}

// call sends a request, and decodes the JSON of its answer.
func call[T any](
	ctx context.Context, c *Client, method, path string, query url.Values, body any,
) (answer T, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	resp, err := c.send(ctx, method, path, query, body, jsonMedia)
	if err != nil {
		return answer, err
	}
	defer resp.Body.Close()
	return decode[T](c, resp)
}

const jsonMedia = "application/json"

// decode decodes the JSON of an answer.
func decode[T any](c *Client, resp *http.Response) (answer T, err error) {
	err = json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&answer)
	if err != nil {
		err = fmt.Errorf("answer of %s: %w", c.name, err)
	}
	return answer, err
}
