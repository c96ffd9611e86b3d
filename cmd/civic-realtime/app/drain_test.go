package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// drainTime is the time in which README.md says that a server shuts down.
const drainTime = 10 * time.Second

// stalled is a client that reads nothing after it was welcomed.
type stalled struct {
	gws.BuiltinEventHandler
	messages atomic.Int64
	release  chan struct{}
}

// OnMessage implements gws.Event.
func (s *stalled) OnMessage(_ *gws.Conn, m *gws.Message) {
	_ = m.Close()
	s.messages.Add(1)
	<-s.release
}

// connect opens a record.
func (s *stalled) connect(b *bubble, token, record string) {
	pipe, err := b.server.dial(context.Background(), "", "")
	if err != nil {
		b.t.Fatal(err)
	}
	socket, _, err := gws.NewClientFromConn(s, &gws.ClientOption{Addr: "ws://realtime.example/realtime/records/" + record + "?token=" + token,
		RequestHeader: http.Header{"Sec-WebSocket-Protocol": {"y-websocket"}}}, pipe)
	if err != nil {
		b.t.Fatal(err)
	}
	go socket.ReadLoop()
}

// TestDrainTime shows that a server shuts down in the documented time, though one client writes
// until the end and another reads nothing, and that everything written is in the record's draft.
func TestDrainTime(t *testing.T) {
	inBubble(t, "", standin.Options{}, func(b *bubble) {
		b.api.Put("r", "text", nil)
		writer := b.connect(1, b.api.Login("ann", "clerk"), "r")
		slow := &stalled{release: make(chan struct{})}
		slow.connect(b, b.api.Login("bob", "clerk"), "r")
		time.Sleep(time.Second)
		const words = 5
		b.write(words*time.Second, time.Second, writer)

		start := time.Now()
		writer.gone.Store(true)
		b.stop()
		if took := time.Since(start); took > drainTime {
			t.Errorf("it took %v", took)
		}
		close(slow.release)
		<-writer.ended
		if got := writer.closes(); got[4503] != 1 {
			t.Errorf("the writer was closed with %v", got)
		}
		if draft, _ := b.api.Draft("r"); len(draft) == 0 || slow.messages.Load() == 0 {
			t.Errorf("draft %q, %d messages", draft, slow.messages.Load())
		}
		b.stop = func() {}
	})
}

// TestDrainSpread shows a shutdown with a load balancer in front: the server is not ready for
// drain.wait, and admits clients meanwhile; then it closes its clients evenly over drain.spread,
// answers new ones with 503, and has stored what was written until the last close.
func TestDrainSpread(t *testing.T) {
	const keys = "  drain: {wait: 5s, spread: 10s, timeout: 20s}\n"
	inBubble(t, keys, standin.Options{}, func(b *bubble) {
		const clients = 20
		var all []*visitor
		for i := range clients {
			room := fmt.Sprint("r", i)
			b.api.Put(room, "text", nil)
			all = append(all, b.connect(byte(i+1), b.api.Login(fmt.Sprint("user", i), "clerk"), room))
		}
		time.Sleep(time.Second)
		began, stopped := time.Now(), make(chan struct{})
		go func() {
			b.stop()
			close(stopped)
		}()
		time.Sleep(time.Second)
		if status := b.ready(); status != http.StatusServiceUnavailable {
			t.Errorf("/readyz: %d", status)
		}
		b.api.Put("late", "text", nil)
		late := b.connect(99, b.api.Login("late", "clerk"), "late")
		time.Sleep(100 * time.Millisecond)
		if late.connected.Load() == nil {
			t.Error("a client is refused while the server waits for load balancers")
		}

		closed := make(map[*visitor]time.Duration)
		written := make(map[*visitor]int)
		for len(closed) <= clients {
			time.Sleep(50 * time.Millisecond)
			for _, v := range append(all, late) {
				if _, done := closed[v]; !done && v.closes()[4503] > 0 {
					closed[v] = time.Since(began) - 5*time.Second
				} else if !done && v.tryTyping("w") {
					written[v]++
				}
			}
		}
		late.gone.Store(true)
		for _, v := range all {
			v.gone.Store(true)
		}
		<-stopped
		var times []time.Duration
		for _, at := range closed {
			times = append(times, at)
		}
		slices.Sort(times)
		for i, at := range times {
			due := 10 * time.Second / (clients + 1) * time.Duration(i)
			if at < due || at > due+150*time.Millisecond {
				t.Errorf("close %d came after %v, not %v", i, at, due)
			}
		}
		for i, v := range all {
			draft, _ := b.api.Draft(fmt.Sprint("r", i))
			if n := strings.Count(string(draft), "w"); n < written[v]-2 {
				t.Errorf("client %d: %d of %d words are in the draft", i, n, written[v])
			}
			if v.refused.Load() == 0 && closed[v] < 9*time.Second {
				t.Errorf("client %d was not refused after its close", i)
			}
			<-v.ended
		}
		<-late.ended
		b.stop = func() {}
	})
}

// ready returns the HTTP status of /readyz.
func (b *bubble) ready() int {
	client := http.Client{Transport: &http.Transport{DialContext: b.server.dial, DisableKeepAlives: true}}
	answer, err := client.Get("http://realtime.example/readyz")
	if err != nil {
		b.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// TestDrainLimits shows which times of a shutdown contradict each other, and what the default limit
// is.
func TestDrainLimits(t *testing.T) {
	for _, test := range []struct {
		keys    string
		timeout time.Duration // 0: refused
	}{
		{"{}", 9 * time.Second},
		{"{wait: 10s}", 19 * time.Second},
		{"{wait: 5s, spread: 3s, timeout: 10s}", 10 * time.Second},
		{"{wait: 5s, spread: 4s, timeout: 10s}", 0},
		{"{spread: 8s}", 0},
		{"{timeout: 1s}", 0},
	} {
		c, err := parse(t, "realtime: {drain: "+test.keys+"}")
		if test.timeout == 0 {
			if err == nil || !strings.Contains(err.Error(), "make it at least") {
				t.Errorf("%s: %v", test.keys, err)
			}
			continue
		}
		log := slog.New(slog.DiscardHandler)
		server := transport.New(transportConfig(c), engine.New(engine.Config{}, persist.NewMemory(), log), auth.AllowAll{}, log)
		if got := server.Config().DrainTimeout; err != nil || got != test.timeout {
			t.Errorf("%s: %v, %v", test.keys, got, err)
		}
	}
	c, err := parse(t, "realtime: {drain: {spread: 0s}}")
	if spread := transportConfig(c).DrainSpread; err != nil || spread > 1 || spread == 0 {
		t.Errorf("no spread: %v, %v", spread, err)
	}
}
