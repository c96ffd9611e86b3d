package transport

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// TestComingAndGoingIsLogged: who joins from where, who leaves, after how long and with which close code.
func TestComingAndGoingIsLogged(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*client, *conn)
		code int
	}{
		{"closed by the client", func(c *client, _ *conn) { c.send(gws.OpcodeCloseConnection, []byte{3, 233}) }, 1001},
		{"closed without a code", func(c *client, _ *conn) { c.send(gws.OpcodeCloseConnection, nil) }, closeNoStatus},
		{"gone without a word", func(c *client, _ *conn) { c.conn.Close() }, closeAbnormal},
		{"cut off", func(_ *client, c *conn) { c.abort() }, closeAbnormal},
		{"malformed", func(c *client, _ *conn) { c.write(masked(3, nil)) }, 1002},
		{"closed by us", func(_ *client, c *conn) { c.Close(&engine.CloseError{Code: engine.CloseForbidden, Reason: "removed"}) }, 4403},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, named, proxied(Config{IdleTimeout: time.Hour}))
			c := dial(t, w, "/realtime/records/a?token=ann", from("192.0.2.7"))
			c.hear(codec.SyncRequest)
			joined := w.only()
			w.mustLog("joined", "INFO", `"remote":"127.0.0.1"`, `"client":"192.0.2.7"`, `"room":"record:a"`, `"user":"ann"`)
			w.opened(joined)
			w.advance(90 * time.Second)
			test.end(c, joined)
			w.mustLog("left", "INFO", `"client":"192.0.2.7"`, `"room":"record:a"`, `"user":"ann"`, `"after":90000000000`, fmt.Sprintf(`"code":%d`, test.code))
		})
	}
}

// TestComingAndGoingIsSampled: of one who comes and goes all the time there is a line a minute.
func TestComingAndGoingIsSampled(t *testing.T) {
	h := &hand{}
	w := newWorld(t, named, holdingBack(h))
	come := func(user string) {
		c := dial(t, w, "/realtime/records/a?token="+user)
		c.hear(codec.SyncRequest)
		c.conn.Close()
		w.until("it is gone", func() bool { return w.conns.size() == 0 })
	}
	for range 5 {
		come("ann")
	}
	come("bob")
	happened := func(event, user string) (n int) {
		w.samples.mu.Lock()
		defer w.samples.mu.Unlock()
		if s := w.samples.of[sampleKey{event: event, who: user, room: "record:a"}]; s != nil {
			n = 1 + sum(s.times)
		}
		return n
	}
	for _, event := range []string{"joined", "left"} {
		w.until(event, func() bool { return happened(event, "ann") == 5 && happened(event, "bob") == 1 })
	}
	h.set(sampleEvery)
	w.advance(sampleEvery)
	for _, event := range []string{"joined", "left"} {
		w.mustLog(event, `"user":"ann"`, `"times":4`)
		if n := strings.Count(w.log.String(), `"msg":"`+event+`"`); n != 3 {
			t.Errorf("%d lines of %s", n, event)
		}
	}
}

// TestClosesAreLogged: a message that is far too large, and one that comes too slowly, say so in the log.
func TestClosesAreLogged(t *testing.T) {
	w := newWorld(t, named, with(Config{FrameBytes: 1 << 16}))
	c := dial(t, w, "/realtime/records/a?token=ann")
	c.hear(codec.SyncRequest)
	go c.conn.Write(masked(gws.OpcodeBinary, make([]byte, skipFactor<<16+1)))
	c.mustClose(closeTooLarge, "message too large")
	w.mustLog("connection closed", "WARN", `"code":1009`, `"user":"ann"`, `"remote":"127.0.0.1"`, "message too large")
}

// TestSamples shows what a line says of what has happened since the last, and that there are so many kinds at most.
func TestSamples(t *testing.T) {
	log := &journal{}
	s := newSamples(slog.New(slog.NewJSONHandler(log, nil)), time.Now())
	now := time.Hour
	s.now = func() time.Duration { return now }
	happen := func(who string, level slog.Level, code int) {
		s.note(sampleKey{event: "closed", who: who}, occurrence{level: level, code: code, attrs: []slog.Attr{slog.String("who", who), slog.Int("was", code)}})
	}
	for _, code := range []int{1, 2, 2, 3} {
		happen("ann", slog.LevelInfo+slog.Level(code%3), code)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines at once:\n%s", n, log)
	}
	now += sampleEvery
	s.sweep()
	log.mustHave(t, "closed", `"was":2`, `"code":2`, `"times":3`, `"codes":"2 2, 3 1"`)
	now += sampleEvery
	s.sweep()
	happen("ann", slog.LevelInfo, 7)
	log.mustHave(t, "closed", `"was":7`)
	for i := range maxSamples + 5 {
		happen(fmt.Sprint(i), slog.LevelInfo, 8)
	}
	if len(s.of) != maxSamples+1 {
		t.Errorf("%d kinds", len(s.of))
	}
	s.end()
	log.mustHave(t, "closed", `"code":8`, `"times":5`)
	for range 2 {
		happen("late", slog.LevelInfo, 9)
	}
	if n := strings.Count(log.String(), `"code":9`); n != 2 {
		t.Errorf("%d lines after the last", n)
	}
}
