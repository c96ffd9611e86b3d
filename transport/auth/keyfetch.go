package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// RemoteKeysConfig configures where and how the keys of an identity provider are fetched. A field
// that is zero has the default that its comment names.
type RemoteKeysConfig struct {
	// URL is the address of a JSON Web Key Set, the "jwks_uri" of OpenID Connect. The scheme is
	// https, or http where the host is this machine.
	URL string
	// Refresh is the time between two fetches while they succeed. After a failure the next fetch
	// comes sooner, the first time after a second. 15 min.
	Refresh time.Duration
	// Cooldown is the shortest time between two fetches that are made because a token names a key
	// that is not in the set. 30 s.
	Cooldown time.Duration
	// Timeout bounds a fetch, from looking up the host to the end of the body. 10 s.
	Timeout time.Duration
	// MaxBody is the largest size of the set, in bytes. 1 MiB.
	MaxBody int
	// Transport makes the requests. http.DefaultTransport, but without keeping connections.
	Transport http.RoundTripper
}

func (c RemoteKeysConfig) withDefaults() RemoteKeysConfig {
	c.Refresh = cmp.Or(c.Refresh, 15*time.Minute)
	c.Cooldown = cmp.Or(c.Cooldown, 30*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.MaxBody = cmp.Or(c.MaxBody, 1<<20)
	if c.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.DisableKeepAlives = true
		c.Transport = t
	}
	return c
}

// ErrKeyURL is the error of a RemoteKeysConfig. It does not quote the URL.
var ErrKeyURL = errors.New("not an https URL (http for this machine only) " +
	"without a user and a fragment")

// Check returns ErrKeyURL if the keys could be changed on their way from the URL, or if the URL has
// a part that keys do not need.
func (c RemoteKeysConfig) Check() error {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return ErrKeyURL
	}
	if u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()) {
		return nil
	}
	return ErrKeyURL
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// keyFetcher fetches a JSON Web Key Set. Its errors quote neither the URL nor the answer.
type keyFetcher struct {
	url    string
	max    int // bytes of the body
	client *http.Client
}

func newKeyFetcher(c RemoteKeysConfig) keyFetcher {
	// A redirect could lead to an address that Check would refuse.
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := &http.Client{Transport: c.Transport, Timeout: c.Timeout, CheckRedirect: noRedirect}
	return keyFetcher{url: c.URL, max: c.MaxBody, client: client}
}

var (
	errKeyAnswer = errors.New("no answer")
	errKeySize   = errors.New("the answer is too large")
)

// fetch returns the body of the answer.
func (f keyFetcher) fetch(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		return nil, errKeyAnswer
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	req.Header.Set("User-Agent", "civic-realtime")
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer has the status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(f.max)+1))
	switch {
	case err != nil:
		return nil, withoutURL(err)
	case len(body) > f.max:
		return nil, errKeySize
	}
	return body, nil
}

// withoutURL returns the part of an error of net/http that helps an operator. The whole error may
// quote the URL, or bytes of the answer.
func withoutURL(err error) error {
	var (
		network *net.OpError
		dns     *net.DNSError
		wrapped *url.Error
	)
	switch {
	case errors.As(err, &dns):
		return errors.New("the host is not found")
	case errors.As(err, &network):
		return network
	case errors.As(err, &wrapped) && wrapped.Timeout():
		return context.DeadlineExceeded
	}
	return errKeyAnswer
}
