package admin

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// TestBodies shows which bodies are refused, and how, and that nothing of them is repeated.
func TestBodies(t *testing.T) {
	w := newWorld(t, nil)
	const path = "/v1/rooms/record:a/notice"
	for _, test := range []struct {
		body, media string
		status      int
		has         string
	}{
		{`{"text":"hello","level":"warning"}`, "application/json; charset=utf-8", 200, `{"peers":3}`},
		{`{"text":"hello"}`, "text/plain", 415, "application/json"},
		{`{"text":"hello"}`, "", 415, "application/json"},
		{`{"text":"hello"`, "application/json", 400, "no JSON object"},
		{`["hello"]`, "application/json", 400, "no JSON object"},
		{`{"text":"hello"}{}`, "application/json", 400, "no JSON object"},
		{`{"text":7}`, "application/json", 422, `{"field":"/text","detail":"must be a string, and is number"}`},
		{`{"txt":"hello"}`, "application/json", 422, `{"field":"/txt","detail":"is not known"}`},
		{`{"text":""}`, "application/json", 422, `"field":"/text"`},
		{`{"text":"hello","level":"loud"}`, "application/json", 422, `"field":"/text"`},
		{"", "", 422, `"field":"/text"`},
		{`{"text":"` + strings.Repeat("a", httpapi.MaxBody) + `"}`, "application/json", 413, "65536"},
	} {
		status, text := w.send("POST", path, test.body, "Content-Type", test.media)
		if status != test.status || !strings.Contains(text, test.has) {
			t.Errorf("%.60s as %q: %d %s", test.body, test.media, status, text)
		}
		if status >= 400 && (strings.Contains(text, "hello") || strings.Contains(text, "loud")) {
			t.Errorf("the answer repeats the body: %s", text)
		}
	}
	w.must(400, "no body", "POST", "/v1/drain", "{}")
	if len(w.drained) > 0 {
		t.Error("it drains")
	}
}

// TestQueries shows which parameters are refused, all at once.
func TestQueries(t *testing.T) {
	w := newWorld(t, nil)
	for query, has := range map[string]string{
		"limit=0":            `{"field":"limit","detail":"must be a whole number from 1 to 1000"}`,
		"limit=1001":         `"field":"limit"`,
		"offset=-1":          `"field":"offset"`,
		"sort=size":          `{"field":"sort","detail":"must be one of name, bytes, peers, rate"}`,
		"kind=folder":        `"field":"kind"`,
		"lmit=5":             `{"field":"lmit","detail":"is not known; there are sort, prefix, search, kind, offset, limit"}`,
		"limit=5&limit=6":    `"detail":"is there more than once"`,
		"limit=x&sort=y":     `"errors":[{"field":"limit","detail":"must be a whole number from 1 to 1000"},{"field":"sort"`,
		"address=10.0.0.0/8": `"field":"address"`,
	} {
		w.must(422, has, "GET", "/v1/rooms?"+query, "")
	}
	for _, request := range []string{"POST /v1/users/u1/disconnect?for_seconds=600", "POST /v1/drain?wait=1", "GET /v1/status?x=1", "DELETE /v1/bans/u1?room=a"} {
		method, path, _ := strings.Cut(request, " ")
		w.must(422, "is not known; there are none here", method, path, "")
	}
	w.mustNotCall()
	w.must(200, "", "GET", "/metrics?x=1", "")
	for _, query := range []string{"address=town", "room=record:", "after=x"} {
		w.must(422, `"field":"`+query[:strings.Index(query, "=")], "GET", "/v1/connections?"+query, "")
	}
	w.must(422, `"field":"kinds"`, "GET", "/v1/events?kinds=joined,parted", "")
}

// TestMediaTypes shows which values of Accept admit an answer.
func TestMediaTypes(t *testing.T) {
	w := newWorld(t, nil)
	for accept, status := range map[string]int{
		"": 200, "*/*": 200, "application/json": 200, "application/*;q=0.5": 200, "text/html, application/json;q=0.9": 200,
		"text/html": 406, "application/json;q=0": 406, "application/xml, text/plain": 406,
	} {
		if got, _ := w.send("GET", "/v1/status", "", "Accept", accept); got != status {
			t.Errorf("%q: %d, want %d", accept, got, status)
		}
	}
	w.must(200, "realtime_rooms", "GET", "/metrics", "", "Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
}

// TestPaths shows the answers to unknown paths and methods.
func TestPaths(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"POST", "/", 405, "GET, HEAD"}, {"GET", "/v1/rooms/", 404, ""}, {"GET", "/v1//rooms", 404, ""}, {"GET", "/v1/rooms/../status", 404, ""},
		{"GET", "/v1/rooms/a/b/c", 404, ""}, {"GET", "/v1/rooms/%00", 404, ""},
		{"DELETE", "/v1/status", 405, "GET, HEAD"}, {"GET", "/v1/drain", 405, "POST"}, {"PUT", "/v1/bans/u1", 405, "DELETE"},
		{"OPTIONS", "/v1/rooms", 405, "GET, HEAD"}, {"HEAD", "/v1/rooms", 200, ""}, {"HEAD", "/v1/events", 200, ""}, {"HEAD", "/v1/profile/cpu", 200, ""}, {"HEAD", "/v1/drain", 405, "POST"},
	} {
		resp := w.do(test.method, test.path, "")
		if resp.StatusCode != test.status || resp.Header.Get("Allow") != test.allow {
			t.Errorf("%s %s: %s, Allow: %s", test.method, test.path, resp.Status, resp.Header.Get("Allow"))
		}
		if media := resp.Header.Get("Content-Type"); test.status >= 400 && media != "application/problem+json" {
			t.Errorf("%s %s: %s", test.method, test.path, media)
		}
	}
}

// TestBodyThatDoesNotCome shows that a request that is refused before its body is read is answered
// at once, and its connection closed, though the body does not come.
func TestBodyThatDoesNotCome(t *testing.T) {
	w := newWorld(t, nil)
	for _, head := range []string{"Host: evil.example\r\n", "Host: localhost\r\n"} {
		c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(requestTime / 2))
		fmt.Fprintf(c, "POST /v1/notice HTTP/1.1\r\n%sContent-Type: application/json\r\nContent-Length: 100\r\n\r\n", head)
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || resp.StatusCode < 400 || !resp.Close {
			t.Fatalf("%s: %v, %v", head, resp, err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Errorf("%s: the connection stays: %v", head, err)
		}
	}
}
