package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// serve starts a server that answers everything in one way, and returns a client of it and the
// requests that it got.
func serve(t *testing.T, status int, media, body string) (c *Client, got func() []string) {
	t.Helper()
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		requests = append(requests, fmt.Sprint(r.Method, " ", r.RequestURI, " ", string(text), " ", r.Header.Get("Authorization"), " ", r.Header.Get("Admin-Name")))
		w.Header().Set("Content-Type", media)
		w.Header().Set("Location", "http://evil.example/")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	c = New(Config{URL: server.URL + "/", Token: "secret", Name: "ann"})
	t.Cleanup(func() {
		c.Close()
		server.Close()
	})
	return c, func() []string { return requests }
}

// TestRequests shows which requests the methods send.
func TestRequests(t *testing.T) {
	ctx := context.Background()
	for want, call := range map[string]func(*Client) error{
		"GET /v1/status ": func(c *Client) error { _, err := c.Status(ctx); return err },
		"GET /v1/rooms?kind=record&limit=5&offset=10&prefix=a%26b&search=c+d&sort=bytes ": func(c *Client) error {
			_, err := c.Rooms(ctx, RoomQuery{Sort: "bytes", Prefix: "a&b", Search: "c d", Kind: "record", Offset: 10, Limit: 5})
			return err
		},
		"GET /v1/rooms ":                 func(c *Client) error { _, err := c.Rooms(ctx, RoomQuery{}); return err },
		"GET /v1/config ":                func(c *Client) error { _, err := c.Configuration(ctx); return err },
		"GET /v1/history ":               func(c *Client) error { _, err := c.History(ctx); return err },
		"GET /v1/rooms/notes%2Fc%3F ":    func(c *Client) error { _, err := c.Room(ctx, "notes/c?"); return err },
		"POST /v1/rooms/record:a/lock ":  func(c *Client) error { _, err := c.Lock(ctx, "record:a"); return err },
		"POST /v1/rooms/a%20b/unlock ":   func(c *Client) error { _, err := c.Unlock(ctx, "a b"); return err },
		"POST /v1/rooms/a/snapshot ":     func(c *Client) error { _, err := c.Snapshot(ctx, "a"); return err },
		"POST /v1/rooms/a/refresh ":      func(c *Client) error { _, err := c.Refresh(ctx, "a"); return err },
		"POST /v1/rooms/a/evict ":        func(c *Client) error { _, err := c.Evict(ctx, "a"); return err },
		`POST /v1/rooms/a/kick {"user":`: func(c *Client) error { _, err := c.Kick(ctx, "a", "u1"); return err },
		`POST /v1/notice {"text":"hi"} `: func(c *Client) error { _, err := c.Notice(ctx, "", api.Notice{Text: "hi"}); return err },
		`POST /v1/rooms/a/notice {"text":"hi","level":"warning"} `: func(c *Client) error {
			_, err := c.Notice(ctx, "a", api.Notice{Text: "hi", Level: "warning"})
			return err
		},
		"GET /v1/locks?limit=5 ":          func(c *Client) error { _, err := c.Locks(ctx, 0, 5); return err },
		"GET /v1/bans?limit=5&offset=10 ": func(c *Client) error { _, err := c.Bans(ctx, 10, 5); return err },
		"GET /v1/connections?address=10.0.0.0%2F8&after=7&room=a&user=u ": func(c *Client) error {
			_, err := c.Connections(ctx, ConnectionQuery{Room: "a", User: "u", Address: "10.0.0.0/8", After: 7})
			return err
		},
		"DELETE /v1/connections/7?reason=by+by ": func(c *Client) error { _, err := c.Disconnect(ctx, 7, "by by"); return err },
		`POST /v1/users/u%2F1/disconnect {"for_seconds":60} `: func(c *Client) error {
			_, err := c.DisconnectUser(ctx, "u/1", api.Disconnect{ForSeconds: 60})
			return err
		},
		"DELETE /v1/bans/u%2F1 ":               func(c *Client) error { _, err := c.Unban(ctx, "u/1"); return err },
		"GET /v1/log-level ":                   func(c *Client) error { _, err := c.LogLevels(ctx); return err },
		`PUT /v1/log-level {"level":"debug"} `: func(c *Client) error { _, err := c.SetLogLevels(ctx, api.LogLevels{Level: "debug"}); return err },
		"POST /v1/reload ":                     func(c *Client) error { _, err := c.Reload(ctx); return err },
		"GET /v1/stored?after=a&limit=5&prefix=b ": func(c *Client) error {
			_, err := c.Stored(ctx, StoredQuery{Prefix: "b", After: "a", Limit: 5})
			return err
		},
		"GET /v1/rooms/notes%2Fc/versions ":            func(c *Client) error { _, err := c.Versions(ctx, "notes/c"); return err },
		"POST /v1/rooms/notes%2Fc/versions/3/restore ": func(c *Client) error { _, err := c.Restore(ctx, "notes/c", 3); return err },
		"POST /v1/drain ":                              func(c *Client) error { _, err := c.Drain(ctx); return err },
	} {
		c, got := serve(t, 200, "application/json", "{}")
		if err := call(c); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if sent := got(); len(sent) != 1 || !strings.HasPrefix(sent[0], want) || !strings.HasSuffix(sent[0], " Bearer secret ann") {
			t.Errorf("sent %q, want %q", sent, want)
		}
	}
}

// TestErrors shows the errors of answers, and that no redirect is followed with the token.
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		status      int
		media, body string
		says        string
	}{
		{404, "application/problem+json", `{"type":"urn:civic-realtime:problem:room-not-found","title":"room not found","status":404,"detail":"no such room"}`, "room not found: no such room"},
		{422, "application/problem+json; charset=utf-8", `{"title":"invalid","errors":[{"field":"/text","detail":"is missing"}]}`, "invalid; /text: is missing"},
		{200, "text/html", "<html>", "no admin API of civic-realtime: it answers 200 OK, text/html"},
		{404, "text/plain", "404 page not found", "no admin API of civic-realtime"},
		{302, "text/html", "", "no admin API of civic-realtime: it answers 302 Found"},
		{500, "application/json", "{}", "no admin API of civic-realtime"},
		{200, "application/json", "{", "unexpected EOF"},
	} {
		c, got := serve(t, test.status, test.media, test.body)
		_, err := c.Status(context.Background())
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d %s: %v, want %q", test.status, test.media, err, test.says)
		}
		var p *api.Problem
		if errors.As(err, &p) != strings.HasPrefix(test.media, "application/problem+json") {
			t.Errorf("%d %s: %T", test.status, test.media, err)
		}
		if len(got()) != 1 {
			t.Errorf("%d: %d requests", test.status, len(got()))
		}
	}
}

// TestReady shows which answers about readiness are understood, and which are errors.
func TestReady(t *testing.T) {
	for _, test := range []struct {
		status            int
		media, body, says string
		want              api.Health
	}{
		{200, "application/json", `{"status":"ready"}`, "", api.Health{Status: "ready"}},
		{503, "application/json", `{"status":"unavailable","reason":"draining"}`, "", api.Health{Status: "unavailable", Reason: "draining"}},
		{503, "text/html", "<html>", "no admin API", api.Health{}},
		{404, "application/json", `{"status":"ready"}`, "no admin API", api.Health{}},
		{421, "application/problem+json", `{"title":"another host"}`, "another host", api.Health{}},
		{200, "application/json", "{", "unexpected EOF", api.Health{}},
	} {
		c, got := serve(t, test.status, test.media, test.body)
		h, err := c.Ready(context.Background())
		if h != test.want || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%d %s: %+v, %v", test.status, test.media, h, err)
		}
		if sent := got(); len(sent) != 1 || !strings.HasPrefix(sent[0], "GET /readyz ") {
			t.Errorf("sent %q", sent)
		}
	}
}

// TestUnreachable shows the error if nothing answers, and if the context is done.
func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c := New(Config{URL: server.URL})
	if _, err := c.Status(context.Background()); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), server.URL) {
		t.Errorf("%v", err)
	}
	named := New(Config{URL: strings.Replace(server.URL, "//", "//u:s3cret@", 1)})
	if _, err := named.Status(context.Background()); !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("with a password: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Status(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestEvents shows how a stream of events is read, and how it ends.
func TestEvents(t *testing.T) {
	const stream = ": connected\n\nevent: joined\ndata: {\"time\":\"2026-01-02T03:04:05Z\",\"kind\":\"joined\",\"room\":\"record:a\"}\n\n" +
		": keep-alive\n\nevent: lost\ndata: {\"lost\":3}\n\nevent: left\ndata: {\"kind\":\"left\"}\n\n" +
		"event: partial\ndata: {\"partial\":true,\"silent\":[\"b\"]}\n\n"
	c, got := serve(t, 200, "text/event-stream", stream)
	var seen []string
	lost := uint64(0)
	err := c.Events(context.Background(), EventQuery{Kinds: []string{"joined", "left"}, Room: "record:a"},
		Watcher{
			Event:  func(e api.Event) { seen = append(seen, e.Kind+" "+e.Room) },
			Lost:   func(n uint64) { lost += n },
			Silent: func(s api.Silence) { seen = append(seen, "silent "+s.Silent[0]) },
		})
	if !errors.Is(err, ErrStreamEnded) || strings.Join(seen, ", ") != "joined record:a, left , silent b" || lost != 3 {
		t.Errorf("%v, %q, %d lost", err, seen, lost)
	}
	if sent := got(); !strings.HasPrefix(sent[0], "GET /v1/events?kinds=joined%2Cleft&room=record%3Aa ") {
		t.Errorf("sent %q", sent)
	}
	c, _ = serve(t, 200, "text/event-stream", "event: joined\ndata: no JSON\n\n")
	if err := c.Events(context.Background(), EventQuery{}, Watcher{}); err == nil || !strings.Contains(err.Error(), `event "joined"`) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c, _ = serve(t, 200, "text/event-stream", stream)
	if err := c.Events(ctx, EventQuery{}, Watcher{Event: func(api.Event) { cancel() }, Lost: func(uint64) {}, Silent: func(api.Silence) {}}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestDocument shows which requests ask for a document, and that it is returned as it comes.
func TestDocument(t *testing.T) {
	for version, path := range []string{"current", "1"} {
		c, got := serve(t, 200, "application/vnd.civic-realtime.snapshot", "\x00document")
		b, err := c.Document(context.Background(), "notes/c", uint64(version))
		if err != nil || string(b) != "\x00document" || !strings.HasPrefix(got()[0], "GET /v1/rooms/notes%2Fc/versions/"+path+" ") {
			t.Errorf("%q, %v, %q", b, err, got())
		}
	}
}
