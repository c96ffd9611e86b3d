package civicpress

import (
	"testing"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// TestAllocs pins the cost of a cached session: copies of the token and the permissions, and a hash
// for the filter of tokens.
func TestAllocs(t *testing.T) {
	for _, test := range []struct {
		name, secret string
		most         float64
	}{
		{"without a secret", "", 2},
		{"with a secret", standin.DefaultSecret, 11},
	} {
		withAPI(t, Config{Secret: test.secret}, standin.Options{}, func(t *testing.T, w *fixture) {
			w.mustAuthenticate(w.ann)
			ctx := t.Context()
			if n := testing.AllocsPerRun(100, func() { _, _ = w.Authenticate(ctx, w.ann) }); n > test.most {
				t.Errorf("%s: %v allocations", test.name, n)
			}
		})
	}
}
