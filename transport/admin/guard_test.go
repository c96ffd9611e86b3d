package admin

import (
	"net/http"
	"strings"
	"testing"
)

// TestHosts shows that only requests for the listener's own names and addresses are answered, so
// that a page whose name is made to resolve to it (DNS rebinding) gets nothing.
func TestHosts(t *testing.T) {
	w := newWorld(t, nil)
	port := w.url[strings.LastIndex(w.url, ":"):]
	for host, status := range map[string]int{
		"127.0.0.1" + port: 200, "127.0.0.1": 200, "localhost" + port: 200, "LOCALHOST": 200, "[::1]" + port: 200, "127.1.2.3": 200,
		"admin.town.example": 200, "Admin.Town.Example:8443": 200, "admin.town.example.": 200,
		"evil.example" + port: 421, "localhost.evil.example": 421, "10.0.0.1" + port: 421, "0.0.0.0" + port: 421,
		"127.0.0.1.evil.example": 421, "town.example": 421, "[2001:db8::1]": 421,
	} {
		if got, _ := w.send("GET", "/version", "", "Host", host); got != status {
			t.Errorf("%s: %d, want %d", host, got, status)
		}
	}
	w.must(421, "admin.hosts", "POST", "/v1/drain", "", "Host", "evil.example")
	w.must(421, "admin.hosts", "GET", "/healthz", "", "Host", "evil.example")
	if len(w.drained) > 0 {
		t.Error("it drains")
	}
	w.mustCount(`realtime_admin_refused_total{reason="host"}`, "9")
}

// TestCrossSite shows that requests of other sites' pages are refused, whatever they ask for, and
// that no answer allows another origin to read it.
func TestCrossSite(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Token = "" })
	for _, test := range []struct {
		header, value string
		status        int
	}{
		{"Origin", "https://evil.example", 403}, {"Origin", "null", 403}, {"Origin", "http://127.0.0.1:1", 403},
		{"Origin", w.url, 200}, {"Sec-Fetch-Site", "cross-site", 403}, {"Sec-Fetch-Site", "same-site", 403},
		{"Sec-Fetch-Site", "same-origin", 200}, {"Sec-Fetch-Site", "none", 200},
	} {
		resp := w.do("GET", "/v1/status", "", test.header, test.value)
		if resp.StatusCode != test.status {
			t.Errorf("%s: %s: %s", test.header, test.value, resp.Status)
		}
		for name := range resp.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("the answer has %s", name)
			}
		}
	}
	w.must(403, "cross-site", "POST", "/v1/rooms/record:a/lock", "", "Origin", "https://evil.example")
	w.must(405, "", "OPTIONS", "/v1/rooms/record:a/lock", "")
	w.mustNotCall()
	w.mustCount(`realtime_admin_refused_total{reason="cross_site"}`, "6")
}

// TestTokens shows which requests need the token, and that others do not say which paths there are.
func TestTokens(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct {
		path, authorization string
		status              int
	}{
		{"/healthz", "", 200}, {"/readyz", "", 200},
		{"/version", "Bearer " + testToken, 200}, {"/version", "bearer  " + testToken, 200},
		{"/version", "", 401}, {"/metrics", "", 401}, {"/openapi.json", "", 401}, {"/nowhere", "", 401},
		{"/v1/status", "Basic " + testToken, 401}, {"/v1/status", testToken, 401},
		{"/v1/status", "Bearer " + testToken[1:], 401}, {"/v1/status", "Bearer " + testToken + "0", 401},
	} {
		resp := w.do("GET", test.path, "", "Authorization", test.authorization)
		if resp.StatusCode != test.status {
			t.Errorf("%s with %q: %s", test.path, test.authorization, resp.Status)
		}
		if challenge := resp.Header.Get("WWW-Authenticate"); (challenge != "") != (test.status == 401) {
			t.Errorf("%s: the challenge is %q", test.path, challenge)
		}
	}
	resp := w.do("DELETE", "/version", "", "Authorization", "")
	if resp.StatusCode != 401 || resp.Header.Get("Allow") != "" {
		t.Errorf("%s, Allow: %s", resp.Status, resp.Header.Get("Allow"))
	}
}

// TestWrongTokens shows that wrong tokens are refused at a bounded rate and logged once, without
// the token, that the right one is admitted all the same, and that a new token replaces the old.
func TestWrongTokens(t *testing.T) {
	w := newWorld(t, nil)
	const wrong = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	seen := map[int]int{}
	for range 40 {
		resp := w.do("POST", "/v1/drain", "", "Authorization", "Bearer "+wrong)
		if seen[resp.StatusCode]++; resp.StatusCode == 429 && resp.Header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After: %s", resp.Header.Get("Retry-After"))
		}
	}
	if seen[401] < 10 || seen[429] < 20 || seen[401]+seen[429] != 40 {
		t.Errorf("statuses: %v", seen)
	}
	w.must(200, "1.2.3", "GET", "/version", "")
	if n := w.log.lines("without a valid token"); n != 1 || w.log.lines(wrong) > 0 || w.log.lines(testToken) > 0 {
		t.Errorf("%d lines: %s", n, w.log)
	}
	w.mustCount(`realtime_admin_refused_total{reason="token"}`, "40")
	if len(w.drained) > 0 {
		t.Error("it drains")
	}
	w.s.Reconfigure(Settings{Token: wrong})
	w.must(200, "1.2.3", "GET", "/version", "", "Authorization", "Bearer "+wrong)
	if status, _ := w.send("GET", "/version", ""); status != 401 && status != http.StatusTooManyRequests {
		t.Errorf("the old token: %d", status)
	}
}
