package transport

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// TestAllowedOrigins shows pages of which origins may connect, and that others get the reason.
func TestAllowedOrigins(t *testing.T) {
	strict := Config{AllowedOrigins: origins(t, "https://town.example", "https://*.town.example")}
	for _, test := range []struct {
		name    string
		cfg     Config
		headers []string
		ok      bool
	}{
		{"any", Config{}, []string{"Origin: https://evil.example"}, true},
		{"listed", strict, []string{"Origin: https://town.example"}, true},
		{"by wildcard", strict, []string{"Origin: https://www.town.example"}, true},
		{"no browser", strict, nil, true},
		{"another", strict, []string{"Origin: https://evil.example"}, false},
		{"sandboxed", strict, []string{"Origin: null"}, false},
		{"empty", strict, []string{"Origin: "}, false},
		{"two", strict, []string{"Origin: https://town.example", "Origin: https://evil.example"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, with(test.cfg))
			c := dial(t, w, "/realtime/records/a", test.headers...)
			refused := uint64(1)
			if test.ok {
				c.receive(protocol.SyncRequest)
				refused = 0
			} else {
				c.mustClose(engine.CloseForbidden, "origin not allowed")
			}
			if n := w.count("realtime_origins_refused_total"); n != refused {
				t.Errorf("%d counted", n)
			}
		})
	}
}

func origins(t *testing.T, texts ...string) (list []auth.Origin) {
	t.Helper()
	for _, text := range texts {
		o, err := auth.ParseOrigin(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o)
	}
	return list
}
