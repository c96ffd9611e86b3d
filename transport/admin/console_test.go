package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// browser is a client with cookies, whose requests are those of the console's page.
type browser struct {
	*world
	jar http.CookieJar
}

func (w *world) browser() *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w, jar}
}

// page has the headers of requests that a page of the console sends.
func (b *browser) page() []string {
	return []string{"Authorization", "", "Origin", b.url, "Sec-Fetch-Site", "same-origin", "Cookie", b.cookies()}
}

// cookies returns the header that the cookies make.
func (b *browser) cookies() string {
	at, _ := url.Parse(b.url)
	var all []string
	for _, c := range b.jar.Cookies(at) {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; ")
}

// do sends a request of the page, with other headers in the place of its own.
func (b *browser) do(method, path, body string, headers ...string) *http.Response {
	b.t.Helper()
	resp := b.world.do(method, path, body, append(b.page(), headers...)...)
	at, _ := url.Parse(b.url)
	b.jar.SetCookies(at, resp.Cookies())
	return resp
}

// must sends a request that must be answered with a status, and a body with some text.
func (b *browser) must(status int, has, method, path, body string, headers ...string) {
	b.t.Helper()
	resp := b.do(method, path, body, headers...)
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status || !strings.Contains(string(text), has) {
		b.t.Errorf("%s %s %.100s with %q: %s %s; want %d, %q", method, path, body, headers, resp.Status, text, status, has)
	}
}

// signIn signs in, and returns the cookie.
func (b *browser) signIn(name string) string {
	b.t.Helper()
	b.must(200, `"signed_in":true`, "POST", "/console/session", credentials(testToken, name))
	return b.cookies()
}

// credentials returns the body with which somebody signs in.
func credentials(token, name string) string {
	text, _ := json.Marshal(api.SignIn{Token: token, Name: name})
	return string(text)
}

// noRedirects makes a client return answers that name another address.
func noRedirects(t *testing.T) {
	before := http.DefaultClient.CheckRedirect
	http.DefaultClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() { http.DefaultClient.CheckRedirect = before })
}

// TestSigningIn shows the life of a session: what the page is told of it, what it is good for, and
// that it is over on the server when the operator has signed out.
func TestSigningIn(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	b.must(200, `{"signed_in":false,"token_needed":true,"name":""}`, "GET", "/console/session", "")
	b.must(401, "there is no session", "GET", "/v1/status", "")
	cookie := b.signIn(" Ann ")
	b.must(200, `"signed_in":true,"token_needed":true,"name":"Ann","expires_at":"`, "GET", "/console/session", "")
	b.must(200, `"rooms":3`, "GET", "/v1/status", "")
	b.must(200, "realtime_rooms", "GET", "/metrics", "")
	b.must(404, "openapi.json", "GET", "/nowhere", "")
	w.mustCount("realtime_admin_sessions", "1")
	b.must(204, "", "DELETE", "/console/session", "")
	if b.cookies() != "" {
		t.Errorf("the browser keeps %s", b.cookies())
	}
	b.must(401, "it has ended", "GET", "/v1/status", "", "Cookie", cookie)
	b.must(200, `{"signed_in":false,"token_needed":true,"name":""}`, "GET", "/console/session", "", "Cookie", cookie)
	b.must(204, "", "DELETE", "/console/session", "", "Cookie", cookie)
	w.mustCount("realtime_admin_sessions", "0")
	w.mustCount(`realtime_admin_sessions_ended_total{reason="signed_out"}`, "1")
	w.mustCount(`realtime_admin_sign_ins_total{outcome="accepted"}`, "1")
	w.mustCount(`realtime_admin_refused_total{reason="session"}`, "2")
	w.mustCount(`realtime_admin_refused_total{reason="token"}`, "0")
	for _, action := range []string{"sign-in", "sign-out"} {
		if w.log.lines(`msg=admin action=`+action+` by=Ann remote=127.0.0.1:`) != 1 {
			t.Errorf("the log has no %s: %s", action, w.log)
		}
	}
	if secret := strings.TrimPrefix(cookie[strings.Index(cookie, "="):], "="); w.log.lines(secret) > 0 || w.log.lines(testToken) > 0 {
		t.Errorf("the log has a secret: %s", w.log)
	}
}

// TestNameOfSession shows that the name given at the sign-in is that of who acts, whatever a header
// says, as far as to the audit trail; that names of any letters are taken, and which are not.
func TestNameOfSession(t *testing.T) {
	calls := make(chan Call, 10)
	w := newWorld(t, func(c *Config) { c.Audit = func(call Call) { calls <- call } })
	mustBeCall := func(want string) {
		t.Helper()
		if c := <-calls; fmt.Sprint(c.By, "|", c.Method, " ", c.Route, " ", c.Status, " ", c.Refused) != want {
			t.Errorf("%+v, want %s", c, want)
		}
	}
	for _, name := range []string{"Ann", `<img src=x onerror="alert(1)">`, "Éloïse Ōe 👩‍🌾", strings.Repeat("é", 50)} {
		b := w.browser()
		b.signIn(name)
		mustBeCall(name + "|POST /console/session 200 false")
		b.must(200, "", "POST", "/v1/rooms/record:a/lock", "", NameHeader, "Bob")
		w.mustCall("lock record:a " + name)
		mustBeCall(name + "|POST /v1/rooms/{room}/lock 200 false")
		b.must(200, "", "POST", "/v1/reload", "")
		w.mustCall("reload " + name)
		b.must(202, "", "POST", "/v1/drain", "")
		w.mustCall("drain " + name)
		<-w.drained
		mustBeCall(name + "|POST /v1/reload 200 false")
		mustBeCall(name + "|POST /v1/drain 202 false")
		var session api.Session
		if err := json.NewDecoder(b.do("GET", "/console/session", "").Body).Decode(&session); err != nil || session.Name != name {
			t.Errorf("%q is %q, %v", name, session.Name, err)
		}
		b.must(204, "", "DELETE", "/console/session", "")
		mustBeCall(name + "|DELETE /console/session 204 false")
	}
	b := w.browser()
	b.signIn("")
	mustBeCall("admin|POST /console/session 200 false")
	b.must(200, `"name":"admin"`, "GET", "/console/session", "")
	for _, name := range []string{
		"a\nb", "a\x00", "a\u2028b", "\u202eann", "user:u1", strings.Repeat("é", 51), "a\tb", "a\u0085",
	} {
		c := w.browser()
		c.must(422, `"field":"/name"`, "POST", "/console/session", credentials(testToken, name+"x"))
		<-calls
		if c.cookies() != "" {
			t.Errorf("%q is signed in", name)
		}
	}
	w.mustCount("realtime_admin_sessions", "1")
}

// TestWrongTokensAtSignIn shows that wrong tokens are refused, counted, logged and audited as those
// in a header are, at the same rate, and that the right one signs in all the same.
func TestWrongTokensAtSignIn(t *testing.T) {
	calls := make(chan Call, 100)
	w := newWorld(t, func(c *Config) { c.Audit = func(call Call) { calls <- call } })
	b, seen := w.browser(), map[int]int{}
	const wrong = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	for i := range 40 {
		resp := b.do("POST", "/console/session", credentials(wrong, "Ann"))
		if i%2 == 1 {
			resp = w.do("GET", "/v1/status", "", "Authorization", "Bearer "+wrong)
		}
		if seen[resp.StatusCode]++; resp.StatusCode == 429 && resp.Header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After: %s", resp.Header.Get("Retry-After"))
		}
		if challenge := resp.Header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Bearer ") {
			t.Errorf("the challenge is %q, for which browsers ask for a password", challenge)
		}
		if media := resp.Header.Get("Content-Type"); media != "application/problem+json" {
			t.Errorf("it is %s", media)
		}
	}
	if seen[401] < 5 || seen[429] < 20 || b.cookies() != "" {
		t.Errorf("statuses: %v, cookies %q", seen, b.cookies())
	}
	b.signIn("Ann")
	if n := w.log.lines("admin request without a valid token"); n != 1 || w.log.lines(wrong) > 0 {
		t.Errorf("%d lines: %s", n, w.log)
	}
	w.mustCount(`realtime_admin_refused_total{reason="token"}`, "60")
	w.mustCount(`realtime_admin_sign_ins_total{outcome="refused"}`, "40")
	if c := <-calls; !c.Refused || c.Route != "/console/session" || c.Status != 401 {
		t.Errorf("audited: %+v", c)
	}
}

// TestNewToken shows that another token ends all sessions, with their streams, and that another
// setting does not.
func TestNewToken(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	cookie := b.signIn("Ann")
	stream := b.do("GET", "/v1/events", "")
	set := Settings{Token: testToken, Console: true, Streams: 3}
	w.s.Reconfigure(set)
	b.must(200, "", "GET", "/v1/status", "")
	set.Token = strings.Repeat("f", 64)
	w.s.Reconfigure(set)
	if _, err := io.ReadAll(stream.Body); err != nil {
		t.Error(err)
	}
	b.must(401, "it has ended", "GET", "/v1/status", "", "Cookie", cookie)
	b.must(401, "the token is not the server's", "POST", "/console/session", credentials(testToken, ""))
	w.mustCount(`realtime_admin_sessions_ended_total{reason="revoked"}`, "1")
}

// TestStreamsOfSession shows that a stream of events ends when its operator signs out in another
// tab.
func TestStreamsOfSession(t *testing.T) {
	w := newWorld(t, nil)
	b, other := w.browser(), w.browser()
	b.signIn("Ann")
	other.signIn("Bob")
	stream, stays := b.do("GET", "/v1/events", ""), other.do("GET", "/v1/events", "")
	b.must(204, "", "DELETE", "/console/session", "")
	if text, err := io.ReadAll(stream.Body); err != nil || !bytes.HasPrefix(text, []byte(": connected")) {
		t.Errorf("%q, %v", text, err)
	}
	w.until("one stream", func() bool { return w.count("realtime_admin_streams") == "1" })
	stays.Body.Close()
}

// TestFilesOfConsole shows where the console is, that it needs no token, and the headers of its
// answers; and that a person may follow a link of another site to it, but to nothing else.
func TestFilesOfConsole(t *testing.T) {
	noRedirects(t)
	w := newWorld(t, nil)
	b := w.browser()
	for _, path := range []string{"/", "/console"} {
		if resp := b.do("GET", path, "", "Origin", ""); resp.StatusCode != 302 || resp.Header.Get("Location") != "/console/" {
			t.Errorf("%s: %s to %s", path, resp.Status, resp.Header.Get("Location"))
		}
	}
	resp := b.do("GET", "/console/", "", "Origin", "")
	for name, has := range map[string]string{
		"Content-Type": "text/html", "Content-Security-Policy": "script-src 'self'; style-src 'self'", "X-Frame-Options": "DENY",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-cache", "ETag": `"`,
	} {
		if !strings.Contains(resp.Header.Get(name), has) {
			t.Errorf("%s is %q", name, resp.Header.Get(name))
		}
	}
	if resp.StatusCode != 200 || strings.Contains(resp.Header.Get("Content-Security-Policy"), "unsafe") {
		t.Errorf("%s, %s", resp.Status, resp.Header.Get("Content-Security-Policy"))
	}
	b.must(404, "not-found", "GET", "/console/nowhere.js", "")
	b.must(404, "not-found", "GET", "/console/../v1/status", "")
	b.must(404, "not-found", "GET", "/console/playground/", "")
	b.must(405, "", "POST", "/console/", "{}")
	b.must(401, "", "PUT", "/console/session", "{}")
	link := []string{"Origin", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	b.must(200, "<!doctype html>", "GET", "/console/", "", link...)
	b.must(302, "", "GET", "/", "", link...)
	for _, path := range []string{"/v1/status", "/console/main.js", "/console/session", "/metrics"} {
		b.must(403, "cross-site", "GET", path, "", link...)
	}
	b.must(403, "cross-site", "GET", "/console/", "", append(link, "Sec-Fetch-Dest", "iframe")...)
	b.must(403, "cross-site", "POST", "/console/", "", link...)
}

// TestNoConsole shows that the console can be switched off, and that its sessions then end.
func TestNoConsole(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	cookie := b.signIn("Ann")
	w.s.Reconfigure(Settings{Token: testToken})
	for _, path := range []string{"/console", "/console/", "/console/main.js", "/console/playground/"} {
		b.must(404, "not-found", "GET", path, "")
	}
	b.must(404, "not-found", "POST", "/console/session", credentials(testToken, ""), "Cookie", "")
	b.must(401, "", "GET", "/v1/status", "", "Cookie", cookie)
	w.must(404, "", "GET", "/", "")
	w.mustCount("realtime_admin_sessions", "0")
}

// TestNoTokenNeeded shows that nobody signs in where no token is needed, and that nobody gets a
// session there.
func TestNoTokenNeeded(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Token = "" })
	b := w.browser()
	const open = `{"signed_in":true,"token_needed":false,"name":""}`
	b.must(200, open, "GET", "/console/session", "")
	b.must(200, open, "POST", "/console/session", credentials("anything", "Ann"))
	b.must(200, "", "POST", "/v1/rooms/record:a/lock", "", NameHeader, "Bob")
	w.mustCall("lock record:a Bob")
	b.must(204, "", "DELETE", "/console/session", "")
	if w.mustCount("realtime_admin_sessions", "0"); b.cookies() != "" {
		t.Errorf("there is a cookie: %s", b.cookies())
	}
	b.must(403, "cross-site", "POST", "/v1/rooms/record:a/lock", "", "Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1")
}
