package documents

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// vectorOf returns the state vector of a state.
func vectorOf(t *testing.T, state string) []byte {
	t.Helper()
	var d ydoc.Doc
	d.Apply(yjs.Trust([]byte(state)))
	return d.AppendStateVector(nil)
}

// program is a token that stands for a program.
const program = "a.program.token"

// admitProgram admits the token program only.
func admitProgram(_ context.Context, token string) (p auth.Program, err error) {
	switch token {
	case program:
		return auth.Program{ID: "ann", Name: "Ann", Documents: []auth.ProgramGrant{{Rooms: []string{"a"}, Access: "write"}}}, nil
	case "another.form.":
		return auth.Program{ID: "ann", Documents: []auth.ProgramGrant{{Rooms: []string{"a"}, Access: "all"}}}, nil
	case "no.answer.":
		return p, &engine.CloseError{Code: engine.CloseUnavailable, Reason: "the keys cannot be fetched"}
	case "a.failure.":
		return p, errors.New("of ours")
	}
	return p, &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "token expired"}
}

// TestCallers shows which keys and tokens are admitted, and that neither reaches the log.
func TestCallers(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Program = admitProgram })
	w.makeText("a", "text")
	for _, test := range []struct {
		authorization, method, path string
		status                      int
		problem, detail             string
	}{
		{"Bearer " + allKey, "GET", "/a", 200, "", ""},
		{"bearer " + program, "GET", "/a", 200, "", ""},
		{"Bearer " + program, "GET", "/b", 403, Forbidden, "documents:read"},
		{"Bearer " + program, "DELETE", "/a", 403, Forbidden, "documents:delete"},
		{"Bearer " + readerKey, "GET", "/a", 403, Forbidden, "documents:read"},
		{"Bearer " + readerKey, "GET", "/open%2Fnone", 404, DocumentNotFound, ""},
		{"Bearer " + readerKey, "PATCH", "/open%2Fnone", 403, Forbidden, "documents:write"},
		{"Bearer wrong secret", "GET", "/a", 401, "unauthorized", "no such key"},
		{"Basic " + allKey, "GET", "/a", 401, "unauthorized", "is needed"},
		{"", "GET", "/a", 401, "unauthorized", "is needed"},
		{"Bearer an.expired.secret", "GET", "/a", 401, "unauthorized", "token expired"},
		{"Bearer another.form.", "GET", "/a", 401, "unauthorized", "another form"},
		{"Bearer no.answer.", "GET", "/a", 503, "unavailable", "cannot be fetched"},
		{"Bearer a.failure.", "GET", "/a", 500, "failed", "the log"},
		{"Bearer " + allKey, "GET", "/a/none", 404, "not-found", ""},
		{"Bearer wrong secret", "GET", "/a/none", 401, "unauthorized", ""},
	} {
		a := w.send(test.method, Path+test.path, "", "Authorization", test.authorization)
		if a.status != test.status || a.problem() != test.problem || !strings.Contains(a.body, test.detail) {
			t.Errorf("%s %s: %d %s, want %d %s", test.authorization, test.path, a.status, a.body, test.status, test.problem)
		}
		if a.status == 401 && !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %v", test.authorization, a.header)
		}
	}
	if text := w.log.String(); strings.Contains(text, "secret") || strings.Contains(text, allKey) {
		t.Error(text)
	}
}

// TestWrongKeysAreThrottled shows that an address which sends wrong keys has to wait, while the
// right key is admitted.
func TestWrongKeysAreThrottled(t *testing.T) {
	w := newWorld(t, nil)
	last := answer{}
	for range 12 {
		last = w.send("GET", Path, "", "Authorization", "Bearer wrong")
	}
	if last.status != 429 || last.header.Get("Retry-After") != "1" {
		t.Errorf("%+v", last)
	}
	w.must(200, "GET", Path, "")
}

// TestRates shows that callers and addresses that send too many requests have to wait.
func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *Config) { c.RequestsPerSecond, c.Burst = 1, 3 })
		for range 3 {
			w.must(200, "GET", Path, "")
		}
		if a := w.must(429, "GET", Path, ""); a.problem() != TooManyRequests || a.header.Get("Retry-After") != "1" {
			t.Errorf("%+v", a)
		}
		w.client = netip.MustParseAddr("192.0.2.2")
		w.must(429, "GET", Path, "")
		w.must(200, "GET", Path, "", "Authorization", "Bearer "+readerKey)
		time.Sleep(time.Second)
		w.must(200, "GET", Path, "")
		_ = w.engine.Drain(context.Background())
	})
}

// TestRequestsAreBounded shows that no more requests are in progress than allowed, and no more
// documents converted.
func TestRequestsAreBounded(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Requests = 1 })
	w.server.requests.Add(1)
	if a := w.must(503, "GET", Path, ""); a.header.Get("Retry-After") == "" {
		t.Errorf("%+v", a)
	}
	w.server.requests.Add(-1)
	w.must(200, "GET", Path, "")
}

// TestReadersAreBounded shows that a document waits to be converted, and for how long.
func TestReadersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *Config) { c.Readers = 1 })
		w.makeText("a", "text")
		w.server.texts.SetLimits(0, 0)
		now := w.server.current.Load()
		now.readers <- struct{}{}
		if a := w.send("GET", Path+"/a?format=text", ""); a.status != 503 || !strings.Contains(a.body, "max_readers") {
			t.Errorf("%+v", a)
		}
		w.must(200, "GET", Path+"/a", "") // is not converted
		<-now.readers
		w.must(200, "GET", Path+"/a?format=text", "")
		_ = w.engine.Drain(context.Background())
	})
}

// TestOrigins shows which pages may send requests, and read the answers.
func TestOrigins(t *testing.T) {
	allowed, err := auth.ParseOrigin("https://editor.example")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *Config) { c.AllowedOrigins = []auth.Origin{allowed} })
	a := w.must(200, "GET", Path, "", "Origin", "https://editor.example")
	if a.header.Get("Access-Control-Allow-Origin") != "https://editor.example" {
		t.Errorf("%v", a.header)
	}
	a = w.must(403, "GET", Path, "", "Origin", "https://other.example")
	if a.problem() != "cross-site" || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%+v", a)
	}
	a = w.must(204, "OPTIONS", Path+"/a", "", "Origin", "https://editor.example", "Authorization", "")
	if !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "PATCH") {
		t.Errorf("%v", a.header)
	}
}

// TestOpen shows that a server for development needs no key of programs on this machine, and that
// pages of other origins cannot use that.
func TestOpen(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Keys, c.Open = nil, true })
	w.client = netip.MustParseAddr("127.0.0.1")
	for _, test := range []struct {
		host   string
		header []string
		status int
	}{
		{"localhost:3001", nil, 200},
		{"127.0.0.1:3001", nil, 200},
		{"[::1]:3001", nil, 200},
		{"rebound.example:3001", nil, 403},
		{"localhost:3001", []string{"Origin", "https://other.example"}, 403},
		{"localhost:3001", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"localhost:3001", []string{"Origin", "http://localhost:3001"}, 200},
		{"localhost:3001", []string{"Authorization", "Bearer wrong"}, 401},
	} {
		headers := append([]string{"Authorization", "", "Host", test.host}, test.header...)
		if a := w.send("GET", Path, "", headers...); a.status != test.status {
			t.Errorf("%s %q: %d %s", test.host, test.header, a.status, a.body)
		}
	}
	w.client = netip.MustParseAddr("192.0.2.1")
	if a := w.send("GET", Path, "", "Authorization", "", "Host", "localhost"); a.status != 401 {
		t.Errorf("from another machine: %d", a.status)
	}
}
