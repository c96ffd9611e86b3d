package admin

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/history"
)

// live opens a stream of samples, which end closes.
func (w *world) live(headers ...string) (r *bufio.Reader, end func()) {
	w.t.Helper()
	resp := w.do("GET", "/v1/live", "", headers...)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("%s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	return bufio.NewReader(resp.Body), func() { _ = resp.Body.Close() }
}

// firstSample returns the first sample of a stream.
func (w *world) firstSample(headers ...string) api.LiveSample {
	w.t.Helper()
	r, end := w.live(headers...)
	defer end()
	return nextSample(w.t, r)
}

// nextSample reads a sample of a stream.
func nextSample(t *testing.T, from *bufio.Reader) (s api.LiveSample) {
	t.Helper()
	event, _ := from.ReadString('\n')
	line, _ := from.ReadString('\n')
	empty, err := from.ReadString('\n')
	data, ok := strings.CutPrefix(line, "data: ")
	if err == nil {
		err = json.Unmarshal([]byte(data), &s)
	}
	if err != nil || event != "event: sample\n" || !ok || empty != "\n" {
		t.Fatalf("%q %q %q, %v", event, line, empty, err)
	}
	return s
}

// TestLiveSamples shows that a reader is sent a sample at once, and then others; that all readers
// share them; and that nothing is read for them when they have gone.
func TestLiveSamples(t *testing.T) {
	w := newWorld(t, nil)
	a, endA := w.live()
	b, endB := w.live()
	first := nextSample(t, a)
	if first.People != 7 || first.Rooms != 3 || first.Connections != 9 || first.FailingRooms != 1 || first.Nodes != 1 || first.At.IsZero() {
		t.Errorf("%+v", first)
	}
	s := nextSample(t, a)
	if s.Refused == 0 || s.FailedSaves == 0 || s.UpdatesPerSecond == 0 || s.DelayP50Seconds == nil || *s.CommitP99Seconds != 1.99 {
		t.Errorf("%+v", s)
	}
	for o := nextSample(t, b); o.At != s.At; o = nextSample(t, b) {
		if o.At.After(s.At) {
			t.Fatalf("%v is not among the samples of the other reader", s.At)
		}
	}
	endA()
	endB()
	w.until("nobody is left", func() bool { return w.count("realtime_admin_streams") == "0" })
}

// TestLiveIsAStream shows that streams of samples count as streams, and that they end with the
// server.
func TestLiveIsAStream(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Streams = 1 })
	r, _ := w.live()
	nextSample(t, r)
	w.must(429, "admin.max_streams", "GET", "/v1/live", "")
	w.must(429, "admin.max_streams", "GET", "/v1/events", "")
	w.must(200, "", "HEAD", "/v1/live", "")
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	for {
		if _, err := r.ReadString('\n'); err != nil {
			break
		}
	}
}

// TestSamplesOfAllNodes shows that samples are those of all nodes together, that a node that is
// named answers for itself, and that one that does not answer is named.
func TestSamplesOfAllNodes(t *testing.T) {
	c := newCluster(t, nil)
	if s := c.a.firstSample(); s.Nodes != 2 || s.People != 14 || s.Connections != 18 || s.Partial {
		t.Errorf("%+v", s)
	}
	if s := c.a.firstSample(NodeHeader, "b"); s.Nodes != 1 || s.People != 7 {
		t.Errorf("of b: %+v", s)
	}
	if s := c.a.firstSample(NodeHeader, "a"); s.Nodes != 1 || s.People != 7 {
		t.Errorf("of a: %+v", s)
	}
	if h := read[api.History](c.a, "/v1/history"); h.Partial || h.IntervalSeconds != 10 || h.Samples == nil {
		t.Errorf("%+v", h)
	}
	c.endB()
	later, _ := c.a.live()
	s := nextSample(t, later)
	for !s.Partial { // a sample may have been taken before
		s = nextSample(t, later)
	}
	if s.Nodes != 1 || s.People != 7 || !slices.Equal(s.Silent, []string{"b"}) {
		t.Errorf("%+v", s)
	}
	c.a.must(200, `"partial":true,"silent":["b"]`, "GET", "/v1/history", "")
}

// TestOthersAreNotAsked shows that a node reads no other one while nobody watches it.
func TestOthersAreNotAsked(t *testing.T) {
	c := newCluster(t, nil)
	reader, _ := c.a.live()
	before := c.b.engine.readings.Load()
	nextSample(t, reader)
	nextSample(t, reader)
	if c.b.engine.readings.Load() == before {
		t.Error("b was not read for who watches a")
	}
	_ = c.a.stop()
	before = c.b.engine.readings.Load()
	watch := c.b.s.own.Watch() // its samples are two seconds apart, too
	defer watch.Close()
	for range 3 {
		<-watch.C
	}
	if n := c.b.engine.readings.Load() - before; n > 4 { // of these three, and one for the hour
		t.Errorf("%d readings of b", n)
	}
}

// TestNodeOfEarlierVersion shows that a node that does not know what it is asked counts as silent.
func TestNodeOfEarlierVersion(t *testing.T) {
	parts := []part[history.Reading]{{node: api.Node{Name: "old"}, problem: &api.Problem{}}, {node: api.Node{Name: "new"}}}
	some, silence := answered(parts, api.Silence{})
	if len(some) != 1 || some[0].node.Name != "new" || !silence.Partial || len(silence.Silent) != 1 || silence.Silent[0] != "old" {
		t.Errorf("%+v, %+v", some, silence)
	}
}

// TestStreamsEndWithToken shows that streams of samples and of events that were opened with a token
// end when the token is replaced, and not when other settings are.
func TestStreamsEndWithToken(t *testing.T) {
	w := newWorld(t, nil)
	samples, _ := w.live()
	_ = nextSample(t, samples)
	events := w.do("GET", "/v1/events", "")
	w.s.Reconfigure(Settings{Token: testToken, Streams: 3})
	_ = nextSample(t, samples)
	w.mustCount("realtime_admin_streams", "2")
	w.s.Reconfigure(Settings{Token: testToken + "x", Streams: 3})
	for name, stream := range map[string]io.Reader{"samples": samples, "events": events.Body} {
		if _, err := io.Copy(io.Discard, stream); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
