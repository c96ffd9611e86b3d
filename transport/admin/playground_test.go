package admin

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// echo is a playground: it answers with the request's path, and takes over a connection that asks
// for it, on which it sends back each line.
type echo struct {
	before func() // is called before a connection is taken over; nil: nothing is
}

func (e echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != "" {
		http.Error(w, "the request has a secret", http.StatusInternalServerError)
		return
	}
	if r.Header.Get("Upgrade") != "echo" {
		_, _ = io.WriteString(w, "at "+r.URL.Path)
		return
	}
	if e.before != nil {
		e.before()
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	go func() {
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		for {
			line, err := buffered.ReadString('\n')
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, line)
		}
	}()
}

// asks asks for a connection of the playground, with headers beside those that every one needs.
func (w *world) asks(c net.Conn, headers ...string) {
	text := "GET /console/playground/realtime/x HTTP/1.1\r\nHost: " + strings.TrimPrefix(w.url, "http://") + "\r\nConnection: Upgrade\r\nUpgrade: echo\r\n"
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] != "" {
			text += headers[i] + ": " + headers[i+1] + "\r\n"
		}
	}
	_, _ = io.WriteString(c, text+"\r\n")
}

// upgrade asks for a connection of the playground, and returns it with the answer.
func (w *world) upgrade(headers ...string) (net.Conn, *bufio.Reader, *http.Response) {
	w.t.Helper()
	c := w.dial()
	w.asks(c, headers...)
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return c, r, resp
}

// echoes reports whether a connection of the playground answers.
func echoes(c net.Conn, r *bufio.Reader) bool {
	_, _ = io.WriteString(c, "hello\n")
	line, err := r.ReadString('\n')
	return err == nil && line == "hello\n"
}

// TestPlayground shows that the playground is for those who are signed in, that it gets neither
// cookie nor token, and that a person who is not signed in is sent to the sign-in.
func TestPlayground(t *testing.T) {
	noRedirects(t)
	w := newWorld(t, func(c *Config) { c.Playground = echo{} })
	b := w.browser()
	b.must(401, "there is no session", "GET", "/console/playground/", "")
	link := []string{"Origin", "", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	for _, site := range []string{"none", "cross-site", "same-site", "same-origin"} {
		resp := b.do("GET", "/console/playground/", "", append(link, "Sec-Fetch-Site", site)...)
		if resp.StatusCode != 302 || resp.Header.Get("Location") != "/console/" {
			t.Errorf("%s: %s", site, resp.Status)
		}
	}
	b.signIn("Ann")
	resp := b.do("GET", "/console/playground/a/b", "", "Origin", "")
	if text, _ := io.ReadAll(resp.Body); string(text) != "at /console/playground/a/b" || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("%s %s, %v", resp.Status, text, resp.Header)
	}
	b.must(200, "at /console/playground/", "GET", "/console/playground/", "", append(link, "Sec-Fetch-Site", "same-origin")...)
	b.must(403, "cross-site", "POST", "/console/playground/a", "", "Origin", "")
	w.must(200, "at", "GET", "/console/playground/a", "")
}

// TestPlaygroundOrigins shows that a WebSocket of the playground needs a session and the origin of
// the listener, also where no token is needed: browsers let the pages of all origins open one.
func TestPlaygroundOrigins(t *testing.T) {
	for _, token := range []string{testToken, ""} {
		w := newWorld(t, func(c *Config) { c.Playground, c.Token = echo{}, token })
		b := w.browser()
		if token != "" {
			_, _, resp := w.upgrade("Origin", w.url)
			if resp.StatusCode != 401 {
				t.Errorf("without a session: %s", resp.Status)
			}
			b.signIn("Ann")
		}
		for _, origin := range []string{"", "null", "https://evil.example", "http://127.0.0.1:1"} {
			if _, _, resp := w.upgrade("Origin", origin, "Cookie", b.cookies()); resp.StatusCode != 403 {
				t.Errorf("%q: %s", origin, resp.Status)
			}
		}
		if _, _, resp := w.upgrade("Origin", w.url, "Sec-Fetch-Site", "same-site", "Cookie", b.cookies()); resp.StatusCode != 403 {
			t.Errorf("same-site: %s", resp.Status)
		}
		if c, r, resp := w.upgrade("Origin", w.url, "Cookie", b.cookies()); resp.StatusCode != 101 || !echoes(c, r) {
			t.Errorf("its own: %s", resp.Status)
		}
	}
}

// TestPlaygroundConnections shows that connections of the playground count as the listener's until
// they are closed, that they are half of all at most, and that operators come in beside them.
func TestPlaygroundConnections(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Playground, c.Connections = echo{}, 4 })
	b := w.browser()
	cookie := b.signIn("Ann")
	first, _, _ := w.upgrade("Origin", w.url, "Cookie", cookie)
	c, r, resp := w.upgrade("Origin", w.url, "Cookie", cookie)
	if resp.StatusCode != 101 || !echoes(c, r) {
		t.Fatal(resp.Status)
	}
	_, _, resp = w.upgrade("Origin", w.url, "Cookie", cookie)
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != 503 || !strings.Contains(string(text), "admin.max_connections") {
		t.Errorf("the third: %s %s", resp.Status, text)
	}
	w.mustCount(`realtime_admin_refused_total{reason="connections"}`, "1")
	for range 6 {
		_, _ = io.WriteString(w.dial(), "GET /version HT") // these take each other's place
	}
	b.must(200, "", "GET", "/v1/status", "")
	if !echoes(c, r) {
		t.Error("a connection of the playground has ended")
	}
	w.until("four connections", func() bool { return w.count("realtime_admin_connections") == "4" })
	first.Close()
	w.until("a place", func() bool {
		c, _, resp := w.upgrade("Origin", w.url, "Cookie", cookie)
		defer c.Close()
		return resp.StatusCode == 101
	})
	w.until("the places", func() bool {
		w.s.conns.mu.Lock()
		defer w.s.conns.mu.Unlock()
		return w.s.conns.places == 1 && len(w.s.conns.taken) == 1
	})
}

// closed waits until a connection is closed by the server.
func closed(c net.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, err := io.Copy(io.Discard, c)
	timeout, ok := errors.AsType[net.Error](err)
	return !(ok && timeout.Timeout())
}

// TestPlaygroundEnds shows that the playground's connections end with their session, with the
// console, and with the server, and that they keep a session from being idle.
func TestPlaygroundEnds(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Playground, c.Token = echo{}, testToken })
	b := w.browser()
	open := func() net.Conn {
		t.Helper()
		c, _, resp := w.upgrade("Origin", w.url, "Cookie", b.signIn("Ann"))
		if resp.StatusCode != 101 {
			t.Fatal(resp.Status)
		}
		return c
	}
	c := open()
	w.s.sessions.Reconfigure(Settings{SessionIdle: 1}.withDefaults().sessions())
	w.mustCount("realtime_admin_sessions", "1")
	w.s.sessions.Reconfigure(Settings{}.withDefaults().sessions())
	b.must(204, "", "DELETE", "/console/session", "")
	if !closed(c) {
		t.Error("it outlives its session")
	}
	c = open()
	w.s.Reconfigure(Settings{Token: testToken})
	if !closed(c) {
		t.Error("it outlives the console")
	}
	w.s.Reconfigure(Settings{Token: testToken, Console: true})
	c = open()
	if err := w.stop(); err != nil || !closed(c) {
		t.Errorf("it outlives the server: %v", err)
	}
	w.until("no connection", func() bool { return w.s.conns.len() == 0 })
}

// TestPlaygroundRevoked shows that a connection ends that is taken over by a request which was
// admitted before the token was replaced, or the console was switched off.
func TestPlaygroundRevoked(t *testing.T) {
	for name, to := range map[string]Settings{
		"another token": {Token: testToken + "x", Console: true}, "no console": {Token: testToken},
	} {
		var w *world
		w = newWorld(t, func(c *Config) {
			c.Playground = echo{before: func() { w.s.Reconfigure(to) }}
		})
		c := w.dial()
		w.asks(c, "Origin", w.url, "Authorization", "Bearer "+testToken)
		if !closed(c) {
			t.Errorf("%s: the connection stays", name)
		}
		w.until("no connection", func() bool { return w.s.conns.len() == 0 })
	}
}
