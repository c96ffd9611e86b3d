package hooks

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/persist/hooks/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// direct is a transport that calls a handler, so that tests run in a bubble of testing/synctest.
type direct struct{ http.Handler }

var errCut = errors.New("connection cut")

// RoundTrip implements http.RoundTripper.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w, failed := httptest.NewRecorder(), make(chan error, 1)
	go func() {
		defer func() {
			if recover() != nil {
				failed <- errCut
			}
		}()
		d.ServeHTTP(w, r)
		failed <- nil
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case err := <-failed:
		if err != nil {
			return nil, err
		}
		return w.Result(), nil
	}
}

func secretOf(t *testing.T, text string) standardwebhooks.Secret {
	t.Helper()
	s, err := standardwebhooks.ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const base = "http://hooks.example/"

// configOf returns a configuration for a receiver, without random pauses.
func configOf(t *testing.T, receiver http.Handler) Config {
	return Config{
		Authorize: base + "authorize", Load: base + "load", Store: base + "store",
		Secrets: []standardwebhooks.Secret{secretOf(t, standin.DefaultSecret)}, Options: httpcall.Options{Transport: direct{receiver}, Attempts: 1},
	}
}

func newClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// pair returns a receiver and a client of it.
func pair(t *testing.T, change func(*Config)) (*standin.Receiver, *Client) {
	t.Helper()
	s := standin.New(standin.Options{})
	cfg := configOf(t, s.Handler())
	if change != nil {
		change(&cfg)
	}
	return s, newClient(t, cfg)
}

// answering returns a client of a receiver that answers everything in the same way.
func answering(t *testing.T, status int, kind, body string) *Client {
	return newClient(t, configOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})))
}

// metric returns the value of a metric as text.
func metric(c *Client, name string) string {
	var b strings.Builder
	c.WriteMetrics(&b)
	for line := range strings.Lines(b.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// reasonOf returns the reason for the client in an error.
func reasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
