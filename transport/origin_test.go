package transport

import (
	"errors"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

func TestParseOrigin(t *testing.T) {
	for _, text := range []string{
		"", "*", "town.example", "https://", "https://*", "https://*.*", "https://town.example/", "https://town.example/app",
		"https://town.example?x", "https://town.example#x", "https://ann@town.example", "https://my*.town.example", "https://www.*own.example",
		"https://städtle.example", "https:town.example", "null", "https://town.example:*", "https://town .example",
	} {
		if o, err := ParseOrigin(text); !errors.Is(err, ErrOrigin) {
			t.Errorf("%q: %+v, %v", text, o, err)
		}
	}
}

func TestOriginMatches(t *testing.T) {
	for _, test := range []struct {
		allowed, page string
		ok            bool
	}{
		{"https://town.example", "https://town.example", true},
		{"HTTPS://Town.Example", "https://town.example", true},
		{"https://town.example:443", "https://town.example", true},
		{"http://town.example:80", "http://town.example", true},
		{"http://localhost:3000", "http://localhost:3000", true},
		{"http://[::1]:3000", "http://[::1]:3000", true},
		{"https://town.example", "http://town.example", false},
		{"https://town.example", "https://town.example:8443", false},
		{"https://town.example", "https://www.town.example", false},
		{"https://town.example", "https://town.example.evil.example", false},
		{"https://town.example", "https://evil-town.example", false},
		{"https://town.example", "https://town", false},
		{"https://town.example", "null", false},
		{"https://town.example", "", false},
		{"https://town.example", "https://town.example/path", false},
		{"https://*.town.example", "https://www.town.example", true},
		{"https://*.town.example", "https://town.example", false},
		{"https://*.town.example", "https://a.b.town.example", false},
		{"https://*.town.example", "https://.town.example", false},
		{"https://*.town.example", "https://www.town.example.evil.example", false},
		{"https://*.town.example:8443", "https://www.town.example:8443", true},
		{"https://docs.*.example", "https://docs.town.example", true},
		{"https://docs.*.example", "https://docs.example", false},
	} {
		o, err := ParseOrigin(test.allowed)
		if err != nil {
			t.Errorf("%s: %v", test.allowed, err)
		}
		page, ok := parseOrigin(test.page)
		if got := ok && o.matches(page); got != test.ok {
			t.Errorf("%s for %s: %v", test.allowed, test.page, got)
		}
	}
}

func origins(t *testing.T, texts ...string) (list []Origin) {
	t.Helper()
	for _, text := range texts {
		o, err := ParseOrigin(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o)
	}
	return list
}

// TestAllowedOrigins shows which pages may connect, and that refused ones can read why.
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
				c.hear(protocol.SyncRequest)
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
