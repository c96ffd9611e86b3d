package civicpress

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// TestReconfigure shows that another secret and other times are used at once, that the address
// stays, and that a configuration with an error changes nothing.
func TestReconfigure(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		cfg := w.Config()
		cfg.Secret, cfg.PositiveTTL, cfg.URL = strings.Repeat("ab", 32), time.Hour, "http://elsewhere.example"
		if err := w.Reconfigure(cfg); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Authenticate(t.Context(), w.ann); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("a token of another secret: %v", err)
		}
		cfg.Secret = standin.DefaultSecret
		if err := w.Reconfigure(cfg); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Authenticate(t.Context(), w.ann); err != nil {
			t.Errorf("a token of this secret: %v", err)
		}
		cfg.Secret, cfg.Timeout = "short", time.Nanosecond
		if err := w.Reconfigure(cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("%v", err)
		}
		if got := w.Config(); got.Timeout == time.Nanosecond || got.PositiveTTL != time.Hour || got.URL == cfg.URL {
			t.Errorf("%v, %v, %q", got.Timeout, got.PositiveTTL, got.URL)
		}
	})
}
