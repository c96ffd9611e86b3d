package app

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// TestCivicPressKeys shows the effect of every key, and that a flag overrides the environment,
// which overrides the file.
func TestCivicPressKeys(t *testing.T) {
	const url = "http://127.0.0.1:3000"
	secret, token := write(t, "secret", standin.DefaultSecret+"\n"), write(t, "token", " hush \n")
	for _, test := range []struct {
		name, keys string
		env, args  []string
		want       civicpress.Config
	}{
		{"nothing", "", nil, nil, civicpress.Config{}},
		{"least", "civicpress: {url: " + url + "}", nil, nil, civicpress.Config{URL: url, Options: httpcall.Options{PositiveTTL: 45 * time.Second}}},
		{"another recheck", "civicpress: {url: " + url + "}, auth: {recheck: 10s}", nil, nil, civicpress.Config{URL: url, Options: httpcall.Options{PositiveTTL: 10 * time.Second}}},
		{"all", "civicpress: {url: " + url + "/, secret: " + standin.DefaultSecret + ", token: hush, timeout: 1s, attempts: 2, concurrency: 3, positive_ttl: 4s, " +
			"negative_ttl: 5s, negative_max: 11s, max_stale: 6s, refresh_pause: 7s, sessions: 8, breaker_failures: 9, breaker_pause: 10s}", nil, nil,
			civicpress.Config{URL: url + "/", Secret: standin.DefaultSecret, Token: "hush", Options: httpcall.Options{Timeout: time.Second, Attempts: 2, Concurrency: 3,
				PositiveTTL: 4 * time.Second, NegativeTTL: 5 * time.Second, NegativeMax: 11 * time.Second, MaxStale: 6 * time.Second, RefreshPause: 7 * time.Second,
				Sessions: 8, BreakerFailures: 9, BreakerPause: 10 * time.Second}}},
		{"files", "civicpress: {url: " + url + ", secret_file: " + secret + ", token_file: " + token + "}", nil, nil,
			civicpress.Config{URL: url, Secret: standin.DefaultSecret, Token: "hush", Options: httpcall.Options{PositiveTTL: 45 * time.Second}}},
		{"environment", "civicpress: {url: http://other, secret_file: missing}", []string{"URL=" + url, "SECRET=" + standin.DefaultSecret}, nil,
			civicpress.Config{URL: url, Secret: standin.DefaultSecret, Options: httpcall.Options{PositiveTTL: 45 * time.Second}}},
		{"flag", "", []string{"URL=http://other"}, []string{"--civicpress-url", url}, civicpress.Config{URL: url, Options: httpcall.Options{PositiveTTL: 45 * time.Second}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, e := range test.env {
				key, value, _ := strings.Cut(e, "=")
				t.Setenv("CIVIC_REALTIME_CIVICPRESS_"+key, value)
			}
			c, err := parse(t, "realtime: {"+test.keys+"}", test.args...)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.CivicPress.client(); !reflect.DeepEqual(got, test.want) {
				t.Error("another configuration") // not printed, as it has secrets
			}
			if got := transportConfig(c); test.name == "all" && got.MaxStale != 6*time.Second || test.name == "another recheck" && got.Recheck != 10*time.Second {
				t.Errorf("transport: %v, %v", got.Recheck, got.MaxStale)
			}
		})
	}
}

// TestDevelopmentAsksNobody shows that the URL of CivicPress has no effect in development mode, but
// a warning.
func TestDevelopmentAsksNobody(t *testing.T) {
	c, err := parse(t, "realtime: {civicpress: {url: 'http://127.0.0.1:1'}}", "--dev")
	if err != nil {
		t.Fatal(err)
	}
	if w := c.Warnings(); len(w) != 1 || !strings.Contains(w[0], "civicpress.url") {
		t.Errorf("%q", w)
	}
	if a, err := openCivicPress(c, nil); a != nil || err != nil {
		t.Errorf("%v, %v", a, err)
	}
}

// TestBadCivicPress shows that errors name the wrong key, and contain no secret.
func TestBadCivicPress(t *testing.T) {
	const hush = "0123hush"
	for _, test := range []struct{ name, keys, says string }{
		{"no URL", "{secret: " + hush + "}", "civicpress.url"},
		{"no URL, a time", "{timeout: 1s}", "civicpress.url"},
		{"not a URL", "{url: 'localhost:3000'}", "civicpress: configuration is wrong: the URL"},
		{"password in the URL", "{url: 'http://ann:" + hush + "@host'}", "civicpress: configuration is wrong: the URL"},
		{"bad secret", "{url: 'http://host', secret: " + hush + "}", "the secret is not 64 hexadecimal digits"},
		{"two secrets", "{url: 'http://host', secret: " + hush + ", secret_file: x}", "civicpress: secret and secret_file"},
		{"two tokens", "{url: 'http://host', token: " + hush + ", token_file: x}", "civicpress: token and token_file"},
		{"no such file", "{url: 'http://host', token_file: missing}", "civicpress.token_file"},
		{"empty file", "{url: 'http://host', secret_file: " + write(t, "empty", "\n") + "}", "is empty"},
		{"token with a line end", `{url: 'http://host', token: "` + hush + `\n` + hush + `"}`, "the token cannot be sent"},
		{"remembered too long", "{url: 'http://host', positive_ttl: 46s}", "civicpress.positive_ttl"},
		{"remembered for less", "{url: 'http://host', negative_max: 9s}", "civicpress.negative_max"},
		{"no attempts", "{url: 'http://host', attempts: 0}", `"0" is not a whole number above 0`},
		{"no unit", "{url: 'http://host', timeout: 3}", `"3" is not a time`},
		{"no token for users with a JWT", "{url: 'http://host'}\n  auth: {jwt: {secret: 0123456789abcdef0123456789abcdef}}", "civicpress.token"},
		{"unknown key", "{url: 'http://host', pasword: x}", `unknown key "pasword"`},
	} {
		_, err := parse(t, "realtime:\n  civicpress: "+test.keys+"\n")
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		} else if strings.Contains(err.Error(), hush) && test.name != "unknown key" {
			t.Errorf("%s: it tells the secret: %v", test.name, err)
		}
	}
}
