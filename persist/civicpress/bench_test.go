package civicpress

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// BenchmarkAuthenticate finds a cached session, with the filter of tokens and without.
func BenchmarkAuthenticate(b *testing.B) {
	for name, secret := range map[string]string{"secret": standin.DefaultSecret, "none": ""} {
		b.Run(name, func(b *testing.B) {
			c, token := inMemory(b, Config{Secret: secret})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Authenticate(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoadRecord loads a text of 100 KiB without a network; the time includes that of the fake
// API.
func BenchmarkLoadRecord(b *testing.B) {
	c, token := inMemory(b, Config{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.LoadRecord(b.Context(), token, "r"); err != nil {
			b.Fatal(err)
		}
	}
}

// inMemory returns a client of a fake API without a network, which has a record "r".
func inMemory(b *testing.B, cfg Config) (c *Client, token string) {
	b.Helper()
	api := standin.New(standin.Options{AuthLimit: -1, Limit: -1})
	api.Put("r", strings.Repeat("text ", 20<<10), nil)
	cfg.URL = "http://api.example"
	cfg.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w.Result(), nil
	})
	c, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return c, api.Login("ann", "clerk")
}
