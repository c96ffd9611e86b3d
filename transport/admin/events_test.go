package admin

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine/events"
)

// stream opens a stream of events, and waits until it is subscribed.
func (w *world) stream(query string) *http.Response {
	w.t.Helper()
	resp := w.do("GET", "/v1/events"+query, "")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("%s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	_, err := resp.Body.Read(make([]byte, len(": connected\n\n")))
	if err != nil {
		w.t.Fatal(err)
	}
	return resp
}

// mustRead reads lines that must be these.
func mustRead(t *testing.T, from *bufio.Reader, lines ...string) {
	t.Helper()
	for _, want := range append(lines, "") {
		line, err := from.ReadString('\n')
		if got := strings.TrimSuffix(line, "\n"); err != nil || got != want {
			t.Fatalf("%q, %v, want %q", got, err, want)
		}
	}
}

// TestEvents shows what a reader is sent of the events that it has asked for.
func TestEvents(t *testing.T) {
	w := newWorld(t, nil)
	resp := w.stream("?kinds=joined,banned&room=record:a")
	r := bufio.NewReader(resp.Body)
	w.hub.Publish(events.Event{Time: now, Kind: events.Joined, Room: "record:b", User: "u1"})
	w.hub.Publish(events.Event{Time: now, Kind: events.Left, Room: "record:a", User: "u1"})
	w.hub.Publish(events.Event{Time: now, Kind: events.Joined, Room: "record:a", User: "u1", Client: "10.0.0.1", Connection: 7})
	w.hub.Publish(events.Event{Time: now, Kind: events.Banned, Room: "record:a", By: "<ann>", Until: now, Reason: "two\nlines"})
	mustRead(t, r, "event: joined", `data: {"time":"2026-01-02T03:04:05Z","kind":"joined","room":"record:a","user":"u1","address":"10.0.0.1","connection":7}`)
	mustRead(t, r, "event: banned", `data: {"time":"2026-01-02T03:04:05Z","kind":"banned","room":"record:a","reason":"two\nlines","by":"\u003cann\u003e","until":"2026-01-02T03:04:05Z"}`)
}

// recorder records what a stream writes, and calls full after some writes.
type recorder struct {
	httptest.ResponseRecorder
	writes int
	full   func()
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.writes--; r.writes == 0 {
		r.full()
	}
	return r.ResponseRecorder.Write(b)
}

// TestSlowReader shows that a reader that is too slow is sent how many events it has lost, before
// the next one that it gets, once, and that they are counted.
func TestSlowReader(t *testing.T) {
	hub, lost := new(events.Hub), int64(0)
	watch := hub.Subscribe(2)
	defer watch.Close()
	for i := range 5 {
		hub.Publish(events.Event{Time: now, Kind: events.Joined, Connection: uint64(i + 1)})
	}
	ctx, cancel := context.WithCancel(context.Background())
	out := &recorder{ResponseRecorder: *httptest.NewRecorder(), writes: 4, full: cancel}
	stream := eventStream{w: out, control: http.NewResponseController(out)}
	stream.run(httptest.NewRequest("GET", "/", nil).WithContext(ctx), watch, nil, func(n int64) { lost += n })
	r := bufio.NewReader(strings.NewReader(out.Body.String()))
	mustRead(t, r, ": connected")
	mustRead(t, r, "event: lost", `data: {"lost":3}`)
	if lost != 3 || strings.Count(out.Body.String(), "event: ") != 3 || !strings.Contains(out.Body.String(), `"connection":2`) {
		t.Errorf("%d lost: %s", lost, out.Body)
	}
}

// TestStreams shows that there are no more streams than allowed, and that their end makes room.
func TestStreams(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Streams = 2 })
	first := w.stream("")
	w.stream("")
	w.must(429, "admin.max_streams", "GET", "/v1/events", "")
	w.must(429, "admin.max_streams", "GET", "/v1/profile/cpu?seconds=1", "")
	w.must(200, "", "GET", "/v1/profile/goroutine", "")
	w.mustCount(`realtime_admin_refused_total{reason="streams"}`, "2")
	first.Body.Close()
	w.until("one stream", func() bool { return w.count("realtime_admin_streams") == "1" })
	w.stream("")
}

// TestStreamsEnd shows that streams end with the server, which does not wait for their clients.
func TestStreamsEnd(t *testing.T) {
	w := newWorld(t, nil)
	resp := w.stream("")
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	if _, err := bufio.NewReader(resp.Body).ReadString(0); err == context.DeadlineExceeded {
		t.Error("the stream does not end")
	}
	if w.hub.Active() {
		t.Error("somebody is still subscribed")
	}
}

// TestNobodySubscribes shows that events cost nothing while nobody reads them.
func TestNobodySubscribes(t *testing.T) {
	w := newWorld(t, nil)
	resp := w.stream("")
	if !w.hub.Active() {
		t.Error("nobody is subscribed")
	}
	resp.Body.Close()
	w.until("no subscriber", func() bool { return !w.hub.Active() })
}
