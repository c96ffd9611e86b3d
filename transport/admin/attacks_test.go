package admin

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestPagesOfOthers shows that no page but the console's own can act in the name of a session: not
// one of another site, not one on another port of the same host, whose requests browsers send the
// cookie with, not a form, and not a program that sends the cookie without an Origin.
func TestPagesOfOthers(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	b.signIn("Ann")
	for _, headers := range [][]string{
		{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
		{"Origin", "https://evil.example", "Sec-Fetch-Site", ""},
		{"Origin", "http://127.0.0.1:1", "Sec-Fetch-Site", "same-site"},
		{"Origin", "http://127.0.0.1:1", "Sec-Fetch-Site", ""},
		{"Origin", "", "Sec-Fetch-Site", "same-site"},
		{"Origin", "null", "Sec-Fetch-Site", ""},
		{"Origin", "", "Sec-Fetch-Site", ""},
		{"Origin", "", "Sec-Fetch-Site", "none"},
		{"Origin", "", "Sec-Fetch-Site", "same-origin"},
		{"Origin", "file://" + strings.TrimPrefix(b.url, "http://"), "Sec-Fetch-Site", ""},
	} {
		for _, body := range []struct{ text, media string }{
			{`{"text":"x"}`, "application/json"}, {`{"text":"x"}`, "text/plain"}, {"text=x", "application/x-www-form-urlencoded"},
			{"--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--x--\r\n", "multipart/form-data; boundary=x"},
		} {
			b.must(403, "cross-site", "POST", "/v1/notice", body.text, append(headers, "Content-Type", body.media)...)
		}
		for _, request := range []string{
			"POST /v1/drain", "DELETE /v1/rooms/record:a", "PUT /v1/log-level", "PATCH /v1/rooms/record:a/versions/1", "DELETE /console/session",
			"OPTIONS /v1/rooms", "X /v1/rooms",
		} {
			method, path, _ := strings.Cut(request, " ")
			b.must(403, "cross-site", method, path, "", headers...)
		}
	}
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
		b.must(415, "application/json", "POST", "/v1/notice", `{"text":"x"}`, "Content-Type", media)
		b.must(415, "application/json", "POST", "/console/session", credentials(testToken, "Eve"), "Content-Type", media)
	}
	if w.mustNotCall(); len(w.drained) > 0 {
		t.Error("it drains")
	}
	w.mustCount("realtime_admin_sessions", "1")
	w.mustCount(`realtime_admin_refused_total{reason="cross_site"}`, fmt.Sprint(10*11))
	for name := range b.do("GET", "/v1/status", "").Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("the answer has %s", name)
		}
	}
}

// TestStolenLink shows that no address holds a secret: a token or an identifier in one is not
// taken, and pages do not say where they are to those that they link to.
func TestStolenLink(t *testing.T) {
	noRedirects(t)
	w := newWorld(t, nil)
	b := w.browser()
	id := strings.SplitN(b.signIn("Ann"), "=", 2)[1]
	thief := []string{"Cookie", "", "Origin", ""}
	for _, query := range []string{"?token=" + testToken, "?access_token=" + testToken, "?session=" + id, "?civic_realtime_console=" + id} {
		b.must(401, "", "GET", "/v1/status"+query, "", thief...)
		b.must(401, "", "GET", "/metrics"+query, "", thief...)
		b.must(422, "is not known", "GET", "/console/session"+query, "", thief...)
		b.must(422, "is not known", "POST", "/console/session"+query, "", thief...)
		for _, path := range []string{"/", "/console/"} {
			resp := b.do("GET", path+query, "", thief...)
			if resp.Header.Get("Referrer-Policy") != "no-referrer" || resp.Header.Get("Set-Cookie") != "" || strings.Contains(resp.Header.Get("Location"), "=") {
				t.Errorf("%s: %v", path, resp.Header)
			}
		}
	}
}

// TestFixation shows that an identifier that a browser has before it signs in is never the one of
// its session, and that it stands for nothing afterwards, whether it did before or not.
func TestFixation(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	planted := b.signIn("Eve")
	name, _, _ := strings.Cut(planted, "=")
	for _, before := range []string{planted, name + "=" + strings.Repeat("A", 43), name + "=short"} {
		resp := b.do("POST", "/console/session", credentials(testToken, "Ann"), "Cookie", before)
		if resp.StatusCode != 200 || b.cookies() == before {
			t.Errorf("with %s: %s, %s", before, resp.Status, b.cookies())
		}
		b.must(401, "", "GET", "/v1/status", "", "Cookie", before)
		b.must(200, `"name":"Ann"`, "GET", "/console/session", "")
	}
}

// TestCookiesOfOneName shows that a cookie that another page of the host has set beside that of the
// session neither helps nor does harm, and that signing out ends all sessions of a browser.
func TestCookiesOfOneName(t *testing.T) {
	w := newWorld(t, nil)
	first, second := w.browser(), w.browser()
	a, b := first.signIn("Ann"), second.signIn("Bob")
	name, _, _ := strings.Cut(a, "=")
	junk := name + "=" + strings.Repeat("A", 43)
	first.must(200, "", "GET", "/v1/status", "", "Cookie", junk+"; "+a)
	first.must(200, "", "GET", "/v1/status", "", "Cookie", a+"; "+junk)
	first.must(401, "", "GET", "/v1/status", "", "Cookie", junk+"; "+junk)
	first.must(401, "", "GET", "/v1/status", "", "Cookie", strings.Repeat(junk+"; ", 10)+a)
	first.must(204, "", "DELETE", "/console/session", "", "Cookie", junk+"; "+a+"; "+b)
	w.mustCount("realtime_admin_sessions", "0")
	w.mustCount(`realtime_admin_sessions_ended_total{reason="signed_out"}`, "2")
}

// TestCookieAndToken shows that a token in a request counts alone, so that a wrong one is not made
// up for by a cookie, and that a password for a proxy in front is no token.
func TestCookieAndToken(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	b.signIn("Ann")
	b.must(401, "the token is not", "GET", "/v1/status", "", "Authorization", "Bearer x")
	b.must(200, "", "POST", "/v1/rooms/record:a/lock", "", "Authorization", "Bearer "+testToken, "Origin", "", NameHeader, "Bob")
	w.mustCall("lock record:a Bob")
	b.must(200, "", "POST", "/v1/rooms/record:a/lock", "", "Authorization", "Basic dTpw", NameHeader, "Bob")
	w.mustCall("lock record:a Ann")
}

// TestOtherHosts shows that neither sign-in nor session are for a host that is not the listener's.
func TestOtherHosts(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	cookie := b.signIn("Ann")
	for _, request := range []string{"GET /", "GET /console/", "GET /console/session", "POST /console/session", "GET /v1/status"} {
		method, path, _ := strings.Cut(request, " ")
		b.must(421, "admin.hosts", method, path, "", "Host", "evil.example", "Origin", "http://evil.example", "Cookie", cookie)
	}
}

// TestTokenOverTLSProxy shows that a proxy that speaks TLS gets a cookie for TLS only, which does
// not count without it, and that a page without TLS is no page of the listener then.
func TestTokenOverTLSProxy(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	behind := []string{"Host", "admin.town.example", "X-Forwarded-Proto", "https", "Origin", "https://admin.town.example"}
	resp := b.do("POST", "/console/session", credentials(testToken, "Ann"), behind...)
	set := resp.Header.Get("Set-Cookie")
	cookie, _, _ := strings.Cut(set, ";")
	if !strings.HasPrefix(set, "__Host-civic_realtime_console=") || !strings.Contains(set, "; Secure; ") {
		t.Fatalf("%s, %s", resp.Status, set)
	}
	behind = append(behind, "Cookie", cookie)
	b.must(200, `{"peers":4}`, "POST", "/v1/notice", `{"text":"x"}`, behind...)
	b.must(403, "cross-site", "POST", "/v1/notice", `{"text":"x"}`, append(behind, "Origin", "http://admin.town.example")...)
	b.must(401, "", "GET", "/v1/status", "", append(behind, "X-Forwarded-Proto", "", "Origin", "")...)
}

// TestNamesAsText shows that whatever a room or a user is called, it is in a JSON answer that no
// browser takes for a page, and comes back as it is.
func TestNamesAsText(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	b.signIn("Ann")
	const markup = `<script>alert(1)</script><img src=x onerror=alert(1)>`
	emoji := strings.Repeat("🏛", 61) + "x" // 245 bytes, with record: 252
	w.engine.rooms = nil
	for _, name := range []string{markup, emoji, `"';--\`, "‮gnp.exe"} {
		key, err := roomkey.Parse("record:" + name)
		if err != nil {
			t.Logf("no room is called %s: %v", name, err)
			continue
		}
		w.engine.rooms = append(w.engine.rooms, engine.RoomInfo{Key: key})
	}
	if len(w.engine.rooms) < 2 {
		t.Error("no room has such a name")
	}
	for _, path := range []string{"/v1/rooms", "/v1/rooms/" + markup, "/v1/rooms?prefix=" + strings.ReplaceAll(markup, " ", "+"), "/console/" + markup, "/nowhere?" + strings.ReplaceAll(markup, " ", "+")} {
		resp := b.do("GET", strings.ReplaceAll(path, " ", "%20"), "")
		media := resp.Header.Get("Content-Type")
		text, _ := io.ReadAll(resp.Body)
		if !slices.Contains([]string{"application/json", "application/problem+json"}, media) || resp.Header.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", path, resp.Header)
		}
		if resp.StatusCode >= 400 && strings.Contains(string(text), "script") {
			t.Errorf("%s: the answer repeats the request: %s", path, text)
		}
	}
	var all []string
	for _, room := range read[struct {
		Rooms []struct{ Name string }
	}](w, "/v1/rooms").Rooms {
		all = append(all, room.Name)
	}
	for _, room := range w.engine.rooms {
		if !slices.Contains(all, room.Key.String()) {
			t.Errorf("%s is not in %q", room.Key, all)
		}
	}
}

// TestNothingSecretIsCompressed shows that answers with names or with what a request says are never
// compressed, as their length would give them away. Metrics have neither.
func TestNothingSecretIsCompressed(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	b.signIn(strings.Repeat("Ann", 30))
	for _, path := range []string{"/v1/rooms", "/v1/events", "/openapi.json", "/console/session", "/nowhere"} {
		resp := b.do("GET", path, "", "Accept-Encoding", "gzip, br")
		if resp.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed", path)
		}
	}
}

// TestLargeRequests shows that cookies and bodies that are too long are refused, and cost nobody
// anything but their own connection.
func TestLargeRequests(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	cookie := b.signIn("Ann")
	b.must(200, "", "GET", "/v1/status", "", "Cookie", "a="+strings.Repeat("x", 8<<10)+"; "+cookie)
	b.must(431, "", "GET", "/v1/status", "", "Cookie", "a="+strings.Repeat("x", 64<<10)+"; "+cookie)
	b.must(413, "body-too-large", "POST", "/console/session", credentials(testToken, strings.Repeat("x", 64<<10)))
	b.must(422, "/name", "POST", "/console/session", credentials(testToken, strings.Repeat("x", 60<<10)))
	b.must(401, "", "POST", "/console/session", credentials(strings.Repeat("x", 60<<10), ""))
	b.must(200, "", "GET", "/v1/status", "")
}

// TestSlowSignIns shows that clients who begin to sign in, and then send nothing more, keep out
// nobody, though they hold all connections: they are closed for operators, the oldest first.
func TestSlowSignIns(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Connections = 4 })
	var slow []*bufio.Reader
	for range 4 {
		c := w.dial()
		_, _ = io.WriteString(c, "POST /console/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
			"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
		r := bufio.NewReader(c)
		slow = append(slow, r)
		if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
			t.Fatalf("%q, %v", line, err) // else the server waits for the body
		}
		_, _ = r.ReadString('\n')
	}
	operator := &http.Client{Transport: &http.Transport{}}
	for i := range 3 {
		r, err := http.NewRequest("GET", w.url+"/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+testToken)
		resp, err := operator.Do(r)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("operator %d: %v, %v", i, resp, err)
		}
		defer resp.Body.Close()
		if _, err := slow[i].ReadByte(); err == nil {
			t.Errorf("connection %d got an answer", i)
		}
	}
	w.mustCount(`realtime_admin_refused_total{reason="connections"}`, "3")
	w.mustCount("realtime_admin_connections", "4")
}

// TestMissingPaths shows that somebody without a token learns nothing about paths but those of the
// console, and that an ended session is no way to try tokens.
func TestMissingPaths(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	cookie := b.signIn("Ann")
	b.must(204, "", "DELETE", "/console/session", "")
	for range 30 {
		resp := b.do("DELETE", "/nowhere", "", "Cookie", cookie)
		if resp.StatusCode != 401 || resp.Header.Get("Allow") != "" {
			t.Fatalf("%s", resp.Status)
		}
	}
	w.mustCount(`realtime_admin_refused_total{reason="session"}`, "30")
	w.mustCount(`realtime_admin_refused_total{reason="token"}`, "0")
	if n := w.log.lines("without a valid token"); n != 0 {
		t.Errorf("%d lines", n)
	}
}

// spiedNodes reports the requests that a node sends to others.
type spiedNodes struct {
	Nodes
	sent func(*http.Request)
}

func (s spiedNodes) Call(ctx context.Context, address string, r *http.Request) (*http.Response, error) {
	s.sent(r)
	return s.Nodes.Call(ctx, address, r)
}

// TestSessionOfOneNode shows that other nodes are told the name of the session, of any letters, and
// are never sent its cookie; and that a session is one of the node that has begun it.
func TestSessionOfOneNode(t *testing.T) {
	const name = `Éloïse <b>"`
	var mu sync.Mutex
	sent := map[string]int{}
	c := newCluster(t, func(cfg *Config) {
		cfg.Nodes = spiedNodes{cfg.Nodes, func(r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			sent[r.Method+" "+r.URL.Path]++
			if r.Header.Get(NameHeader) != name || r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != "" || r.Header.Get("Origin") != "" {
				t.Errorf("%s %s: %v", r.Method, r.URL, r.Header)
			}
		}}
	})
	c.owners["record:a"] = "b"
	b := c.a.browser()
	cookie := b.signIn(name)
	b.must(200, "", "POST", "/v1/rooms/record:a/lock", "")
	c.b.mustCall("lock record:a " + name)
	b.must(200, "", "POST", "/v1/notice", `{"text":"soon"}`)
	c.b.mustCall("notice info soon " + name)
	b.must(200, "", "GET", "/v1/rooms", "")
	stream := b.do("GET", "/v1/events", "")
	c.a.until("events of b", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return sent["GET /v1/events"] > 0
	})
	stream.Body.Close()
	c.b.browser().must(401, "", "GET", "/v1/status", "", "Cookie", strings.Replace(cookie, b.port(), c.b.browser().port(), 1))
	mu.Lock()
	defer mu.Unlock()
	for _, request := range []string{"POST /v1/rooms/record:a/lock", "POST /v1/notice", "GET /v1/rooms"} {
		if sent[request] == 0 {
			t.Errorf("%s was not sent: %v", request, sent)
		}
	}
}

// port returns the port of the server.
func (b *browser) port() string { return b.url[strings.LastIndex(b.url, ":")+1:] }
