package transport

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// flood sends n frames, the last of them a ping, and returns when all have been processed.
func (c *client) flood(n int) {
	c.t.Helper()
	c.sendMany(n - 1)
	c.send(gws.OpcodePing, nil)
	c.await(gws.OpcodePong)
}

// sendMany sends n frames that get no answer, as nobody is present.
func (c *client) sendMany(n int) {
	c.t.Helper()
	var frames []byte
	for range n {
		frames = append(frames, masked(gws.OpcodeBinary, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.AwarenessRequest}))...)
	}
	c.write(frames)
}

const throttling = "rate limit exceeded: throttling"

// TestThrottle checks warnings, waits and charges through a burst and beyond, frame by frame.
func TestThrottle(t *testing.T) {
	w := newWorld(t, proxied(Config{}), usersByToken)
	clock := w.useTestClock()
	c := dial(t, w, "/realtime/records/a?token=ann", from("192.0.2.1"))
	c.receive(protocol.SyncRequest)
	c.flood(399)
	w.mustCount("realtime_rate_warnings_total", 0)
	c.flood(1)
	w.mustCount("realtime_rate_warnings_total", 1)
	c.flood(100) // uses up the burst
	if n := clock.waits.Load(); n != 0 {
		t.Fatalf("%d waits", n)
	}
	c.flood(3)
	if n, now := clock.waits.Load(), time.Duration(clock.now.Load()); n != 3 || now != 30*time.Millisecond {
		t.Errorf("%d waits, %s in all", n, now)
	}
	clock.add(10 * time.Millisecond)
	if c.flood(1); clock.waits.Load() != 3 {
		t.Error("it waits though there is a token")
	}
	w.mustCount("realtime_throttled_total", 3)

	clock.add(2490 * time.Millisecond) // nearly half the burst is available again
	c.flood(200)
	w.mustCount("realtime_rate_warnings_total", 1)
	clock.add(2500 * time.Millisecond)
	c.flood(200)
	w.mustCount("realtime_rate_warnings_total", 2) // a second warning
	c.flood(200)
	if n := strings.Count(w.log.String(), throttling); n != 1 {
		t.Errorf("logged %d times:\n%s", n, w.log)
	}
	w.mustLog(throttling, `"remote":"127.0.0.1"`, `"client":"192.0.2.1"`, `"user":"ann"`)
}

// TestThrottlingIsSampled shows that a client that reconnects and floods again is logged once a
// minute.
func TestThrottlingIsSampled(t *testing.T) {
	w := newWorld(t, usersByToken, with(Config{YWebsocketMessagesPerSecond: 1, YWebsocketBurst: 1}))
	w.useTestClock()
	for range 3 {
		c := dial(t, w, "/realtime/records/a?token=ann")
		c.receive(protocol.SyncRequest)
		c.flood(3)
		c.conn.Close()
	}
	w.mustLog(throttling, `"user":"ann"`)
	w.samples.Flush(0)
	w.mustLog(throttling, `"user":"ann"`, `"times":2`)
}

// TestMalformedAreChargedAsTen shows that malformed messages close no connection by their number,
// but count as ten, and that a client that sends nothing else for longer than Config.RatePatience
// is closed for its rate.
func TestMalformedAreChargedAsTen(t *testing.T) {
	w := newWorld(t, usersByToken)
	clock := w.useTestClock()
	c := dial(t, w, "/realtime/records/a?token=ann")
	c.receive(protocol.SyncRequest)
	malformed := func(n int) {
		for range n {
			c.send(gws.OpcodeBinary, []byte{0, 2, 9})
		}
	}
	c.sendMessage(protocol.SyncRequest, []byte{0})
	malformed(49)
	c.flood(9) // the rest of the burst of 500
	if n := clock.waits.Load(); n != 0 {
		t.Errorf("%d waits", n)
	}
	c.flood(1)
	if n, now := clock.waits.Load(), time.Duration(clock.now.Load()); n != 1 || now != 10*time.Millisecond {
		t.Errorf("%d waits, %s in all", n, now)
	}
	malformed(120) // each but the first waits for 100 ms
	c.mustClose(engine.CloseRateLimited, "rate limit exceeded")
	if n := clock.waits.Load(); n < 100 || n > 102 {
		t.Errorf("closed after %d waits", n)
	}
}

// TestRatePatience shows when a connection that is always throttled is closed, and that its time
// begins again after a break.
func TestRatePatience(t *testing.T) {
	const waits = 1000 // of 10 ms each make RatePatience
	for _, test := range []struct {
		name   string
		rest   time.Duration
		closed bool
	}{
		{"no break", 0, true},
		{"a late timer", 400 * time.Millisecond, true},
		{"a break", 520 * time.Millisecond, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			clock := w.useTestClock()
			c := dial(t, w, "/realtime/records/a")
			c.receive(protocol.SyncRequest)
			c.flood(500 + waits/2)
			clock.add(test.rest)
			if !test.closed {
				c.flood(waits)
				w.mustCount(`realtime_connections_closed_total{code="4513"}`, 0)
				return
			}
			c.sendMany(waits/2 + 41) // 40 of them use tokens that came back meanwhile
			c.mustClose(engine.CloseRateLimited, "rate limit exceeded")
			w.mustCount(`realtime_connections_closed_total{code="4513"}`, 1)
			if n := clock.waits.Load(); test.rest == 0 && n != waits {
				t.Errorf("%d waits", n)
			}
		})
	}
}

// TestChargedBeforeDecoding shows that malformed and refused messages are charged like any others.
func TestChargedBeforeDecoding(t *testing.T) {
	w := newWorld(t, with(Config{YWebsocketBurst: 3}))
	clock := w.useTestClock()
	c := dial(t, w, "/realtime/records/a")
	c.receive(protocol.SyncRequest)
	c.sendMessage(protocol.SyncRequest, []byte{0})
	for range 4 {
		c.send(gws.OpcodeText, []byte("x"))
	}
	w.until("all but the first wait", func() bool { return clock.waits.Load() == 3 })
}

// TestOthersAreNotThrottled shows that other connections do not wait for a throttled one.
func TestOthersAreNotThrottled(t *testing.T) {
	w := newWorld(t, with(Config{YWebsocketBurst: 10}))
	waiting := w.holdThrottled()
	ann, bob := dial(t, w, "/realtime/records/a"), dial(t, w, "/realtime/records/a")
	ann.sendMany(11)
	<-waiting
	bob.receive(protocol.SyncRequest)
	bob.sendMessage(protocol.Update, insertion(1, 0))
	bob.receive(protocol.Update)
	ann.receive(protocol.Update) // its input is delayed, not its output
}

// holdThrottled stops the clock, so that throttled connections wait until they end. waiting
// receives once for each.
func (w *world) holdThrottled() (waiting chan struct{}) {
	w.useTestClock()
	waiting = make(chan struct{}, 10)
	w.pause = func(c *conn, _ time.Duration) {
		waiting <- struct{}{}
		c.pauseFor(1000 * time.Hour)
	}
	return waiting
}

// TestEndWhileThrottled shows that the end of a connection, for whatever reason, does not wait for
// a token.
func TestEndWhileThrottled(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*world, *conn)
		code engine.CloseCode // 0: without a close frame
	}{
		{"closed", func(_ *world, c *conn) { c.Close(&engine.CloseError{Code: 4000, Reason: "enough"}) }, 4000},
		{"aborted", func(_ *world, c *conn) { c.abort() }, 0},
		{"reaped", func(w *world, _ *conn) { w.advance(w.cfg().IdleTimeout) }, closeGoingAway},
		{"drained", func(w *world, _ *conn) { w.stop() }, engine.CloseUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, with(Config{YWebsocketBurst: 10, CloseTimeout: time.Hour}), withEngine(engine.Config{KeepAlive: 1000 * time.Hour}))
			waiting := w.holdThrottled()
			client := dial(t, w, "/realtime/records/a")
			client.receive(protocol.SyncRequest)
			c := w.only()
			client.sendMany(12)
			<-waiting
			test.end(w, c)
			if test.code == 0 {
				io.Copy(io.Discard, client.br)
			} else if code, _ := client.closed(); code != StandardCloseCodes.code(test.code) {
				t.Errorf("closed with %d", code)
			}
			w.until("it is gone", func() bool { return w.conns.size() == 0 })
		})
	}
}

// TestChargeAllocs shows that charging a frame allocates nothing.
func TestChargeAllocs(t *testing.T) {
	w := newWorld(t)
	tcp, other := net.Pipe()
	t.Cleanup(func() { tcp.Close(); other.Close() })
	c := newConn(&w.services, tcp, netip.Addr{}, nil, nil)
	now := time.Duration(0)
	w.rateClock = func() time.Duration { now += time.Second; return now }
	if n := testing.AllocsPerRun(1000, func() { c.charge(websocket.Frame{Op: websocket.OpBinary}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCharge(b *testing.B) {
	cfg := Config{}.withDefaults()
	s := &services{counters: newCounters(), started: time.Now()}
	cfg.YWebsocketMessagesPerSecond, cfg.YWebsocketBurst = 1e9, 1e9
	s.conf.Store(newSettings(cfg))
	s.setLimits()
	c := &conn{server: s}
	b.ReportAllocs()
	for b.Loop() {
		c.charge(websocket.Frame{Op: websocket.OpBinary})
	}
}

// TestThrottleJSON shows that a client of a native protocol has a smaller burst, and is sent a
// warning before it is used up.
func TestThrottleJSON(t *testing.T) {
	w := newWorld(t, proxied(Config{}), usersByToken)
	clock := w.useTestClock()
	c := dial(t, w, "/realtime/records/a?token=ann", from("192.0.2.1"), jsonProtocol)
	c.awaitJSON("room_state")
	for range 40 {
		c.send(gws.OpcodeText, []byte(`{"type":"ping"}`))
	}
	notice := c.awaitJSON("notice")["notice"].(map[string]any)
	if notice["level"] != protocol.Warning || notice["message"] != "Rate limit approaching" {
		t.Errorf("%v", notice)
	}
	for range 11 {
		c.send(gws.OpcodeText, []byte(`{"type":"ping"}`))
	}
	w.until("it is throttled", func() bool { return clock.waits.Load() == 1 })
	for range 200 {
		c.send(gws.OpcodeText, []byte(`{"type":"ping"}`))
	}
	if got := c.errorCode(); got != protocol.CodeRateLimit {
		t.Errorf("%v", got)
	}
	c.mustClose(engine.CloseRateLimited, "rate limit exceeded")
}
