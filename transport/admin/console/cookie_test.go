package console

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// request returns a request with a host and headers.
func request(host string, headers ...string) *http.Request {
	r := httptest.NewRequest("POST", "/", nil)
	r.Host = host
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// TestCookie shows the cookie that a browser is given: for this host only, not for scripts, not for
// requests of other sites, and over TLS for TLS only.
func TestCookie(t *testing.T) {
	id := newID()
	const rest = "; Path=/; HttpOnly"
	for _, test := range []struct {
		r    *http.Request
		want string
	}{
		{request("127.0.0.1:3002"), "civic_realtime_console_3002=" + id + rest + "; SameSite=Strict"},
		{request("[::1]:3002"), "civic_realtime_console_3002=" + id + rest + "; SameSite=Strict"},
		{request("admin.town.example"), "civic_realtime_console=" + id + rest + "; SameSite=Strict"},
		{request("admin.town.example", "X-Forwarded-Proto", "https"), "__Host-civic_realtime_console=" + id + rest + "; Secure; SameSite=Strict"},
		{request("admin.town.example", "X-Forwarded-Proto", "https, http"), "civic_realtime_console=" + id + rest + "; SameSite=Strict"},
	} {
		w := httptest.NewRecorder()
		Give(w, test.r, id)
		if got := w.Header().Get("Set-Cookie"); got != test.want {
			t.Errorf("%s: %s, want %s", test.r.Host, got, test.want)
		}
		name, _, _ := strings.Cut(test.want, "=")
		test.r.Header.Set("Cookie", "a=b; "+name+"="+id+"; x"+name+"="+id)
		if ids := IDs(test.r); !slices.Equal(ids, []string{id}) {
			t.Errorf("%s: %q", test.r.Host, ids)
		}
		w = httptest.NewRecorder()
		Take(w, test.r)
		if got := w.Header().Get("Set-Cookie"); !strings.HasPrefix(got, name+"=; Path=/; Max-Age=0;") {
			t.Errorf("%s: %s", test.r.Host, got)
		}
	}
	over := request("127.0.0.1:3002", "X-Forwarded-Proto", "http")
	if over.TLS = new(tls.ConnectionState); !Secure(over) {
		t.Error("a request over TLS is not secure")
	}
}

// TestCookies shows that cookies of another length are not looked at, and no more than a few.
func TestCookies(t *testing.T) {
	var sent []string
	for range 2 * maxCookies {
		sent = append(sent, newID())
	}
	r := request("localhost")
	for _, value := range append([]string{"", "x", strings.Repeat("a", 5000)}, sent...) {
		r.Header.Add("Cookie", "civic_realtime_console="+value)
	}
	if ids := IDs(r); !slices.Equal(ids, sent[:maxCookies]) {
		t.Errorf("%q, want %q", ids, sent[:maxCookies])
	}
}

// TestOwnOrigin shows which requests come from a page of the listener.
func TestOwnOrigin(t *testing.T) {
	const host = "admin.town.example:3002"
	for _, test := range []struct {
		r   *http.Request
		own bool
	}{
		{request(host, "Origin", "http://"+host), true}, {request(host, "Origin", "https://"+host), true},
		{request(host, "Origin", "https://ADMIN.town.example:3002"), true},
		{request(host), false}, {request(host, "Origin", ""), false}, {request(host, "Origin", "null"), false},
		{request(host, "Origin", "http://admin.town.example"), false}, {request(host, "Origin", "http://admin.town.example:3001"), false},
		{request(host, "Origin", "http://town.example:3002"), false}, {request(host, "Origin", "file://"+host), false},
		{request(host, "Origin", "http://"+host, "Origin", "https://evil.example"), false},
		{request(host, "Origin", "http://"+host, "X-Forwarded-Proto", "https"), false},
		{request(host, "Origin", "https://"+host, "X-Forwarded-Proto", "https"), true},
	} {
		if got := OwnOrigin(test.r); got != test.own {
			t.Errorf("%v: %v", test.r.Header, got)
		}
	}
}
