package transport

import (
	"math"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestBucket takes tokens at times of its own.
func TestBucket(t *testing.T) {
	r := newRate(10, 3)
	const ms = time.Millisecond
	var b bucket
	for i, test := range []struct{ now, wait time.Duration }{
		{0, 0}, {0, 0}, {0, 0},
		{0, 100 * ms}, {60 * ms, 40 * ms}, {100 * ms, 0}, {100 * ms, 100 * ms},
		{250 * ms, 0}, {250 * ms, 50 * ms}, {300 * ms, 0},
		{time.Hour, 0}, {time.Hour, 0}, {time.Hour, 0}, {time.Hour, 100 * ms},
	} {
		if got := b.wait(r, test.now); got != test.wait {
			t.Errorf("%d: at %s one waits for %s, want %s", i, test.now, got, test.wait)
		}
		if test.wait == 0 {
			b.take(r, test.now)
		}
	}
	if got := b.share(r, time.Hour); got != 1 {
		t.Errorf("%v is used", got)
	}
	if b.take(r, time.Hour); b.wait(r, time.Hour) != 200*ms {
		t.Errorf("after a token in advance one waits for %s", b.wait(r, time.Hour))
	}
}

// TestHugeRates shows that who writes a huge number means no limit.
func TestHugeRates(t *testing.T) {
	for _, r := range []rate{newRate(1, math.MaxInt64), newRate(math.MaxInt64, 1), newRate(math.MaxInt64, math.MaxInt64)} {
		var b bucket
		if b.take(r, time.Hour); b.wait(r, time.Hour+time.Microsecond) != 0 {
			t.Errorf("%+v: one waits for %s", r, b.wait(r, time.Hour))
		}
	}
}

// TestRateOfProtocol shows that y-websocket has a rate of its own, and what the defaults are.
func TestRateOfProtocol(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		name      string
		protocol  protocol.Protocol
		perSecond int
		burst     int
	}{
		{"y-websocket", protocol.YWebsocket{}, 100, 500},
		{"JSON", protocol.JSON{}, 10, 50},
		{"MessagePack", protocol.MsgPack{}, 10, 50},
	} {
		if got, want := w.limits.rate(test.protocol), newRate(test.perSecond, test.burst); got != want {
			t.Errorf("%s: %v, want %v", test.name, got, want)
		}
	}
}
