package auth

import (
	"errors"
	"testing"
)

// TestParseOrigin checks that texts that are no origin, or pattern of origins, are refused.
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

// TestOriginMatches shows which origins match which patterns.
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
