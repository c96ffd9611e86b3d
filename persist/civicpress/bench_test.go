package civicpress

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// BenchmarkAuthenticate is somebody who is known, with the filter and without.
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

// BenchmarkLoadRecord has a text of 100 KiB and no network; the stand-in's share is in it.
func BenchmarkLoadRecord(b *testing.B) {
	c, token := inMemory(b, Config{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.LoadRecord(b.Context(), token, "r"); err != nil {
			b.Fatal(err)
		}
	}
}

// inMemory is a client of an API without a network, that has a record "r".
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
