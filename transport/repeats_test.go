package transport

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// TestHoldBack shows for how long one who is closed for the same again and again is held back, and who that is.
func TestHoldBack(t *testing.T) {
	r := newRepeats(1, metrics.NewSet(), time.Now())
	now := time.Hour
	r.now = func() time.Duration { return now }
	one := visitor{room: "r", user: "u"}
	var waits []time.Duration
	for range 8 {
		waits = append(waits, r.holdBack(one, freeCloses)/time.Second)
		now += time.Minute
	}
	if want := []time.Duration{0, 1, 2, 4, 8, 16, 25, 25}; !slices.Equal(waits, want) {
		t.Errorf("%d seconds, want %d", waits, want)
	}
	for _, other := range []visitor{{room: "s", user: "u"}, {room: "r", user: "v"}, {room: "r"}, {room: "r", user: "u", asked: [32]byte{1}}} {
		if wait := r.holdBack(other, freeCloses); wait != 0 {
			t.Errorf("%+v is held back for %v", other, wait)
		}
	}
	now += repeatsFor + longestHoldBack
	if r.sweep(); len(r.of) != 0 {
		t.Errorf("%d are remembered", len(r.of))
	}
	if wait := r.holdBack(one, freeCloses); wait != 0 {
		t.Errorf("held back for %v after it was forgotten", wait)
	}
	for i := range maxRepeats + 1 {
		r.holdBack(visitor{room: fmt.Sprint(i)}, freeCloses)
	}
	if len(r.of) != maxRepeats || r.of[visitor{room: fmt.Sprint(maxRepeats)}].times != 1 {
		t.Errorf("%d are remembered, and the last %d times", len(r.of), r.of[visitor{room: fmt.Sprint(maxRepeats)}].times)
	}
}

// holdingBack has closes held back, and the log sampled, by a clock that the test sets.
func holdingBack(h *hand) option { return func(s *setup) { s.holding = h } }

// held returns a connection whose close is held back, nil if there is none.
func (w *world) held() (c *conn) {
	for slot := range beats {
		w.conns.each(slot, func(found *conn) {
			if found.held.Load() != nil && !found.closing.Load() {
				c = found
			}
		})
	}
	return c
}

// TestComesBack has a client come back again and again with what it is closed for: it is told each time, the first
// time closed at once, then later, and meanwhile it is sent what others write.
func TestComesBack(t *testing.T) {
	for name, bad := range map[string]struct {
		bytes  []byte
		code   engine.CloseCode
		reason string
		denied bool // y-websocket has a message for it
	}{
		"update": {masked(gws.OpcodeBinary, codec.YWebsocket{}.Append(nil, codec.Message{Kind: codec.Update, Body: []byte{1, 1, 9, 0, 31, 0}})),
			engine.CloseInvalidUpdate, "unknown content ref at offset 4", true},
		"frame":           {masked(gws.OpcodeBinary, make([]byte, skipFactor<<16+1)), closeTooLarge, "message too large", true},
		"malformed frame": {masked(3, nil), closeProtocolError, "malformed frame", false},
		"text":            {masked(gws.OpcodeText, []byte{0xff}), closeInvalidText, "text is not UTF-8", false},
		"other protocol":  {masked(gws.OpcodeBinary, hocuspocus("by-law-7", 0, "")), closeOtherProtocol, errOtherProtocol.Reason, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := &hand{}
			w := newWorld(t, with(Config{FrameBytes: 1 << 16}), holdingBack(h))
			other := dial(t, w, "/realtime/records/a")
			other.hear(codec.SyncRequest)
			clock := uint64(0)
			for i := range 4 {
				c := dial(t, w, "/realtime/records/a")
				c.hear(codec.SyncRequest)
				go c.conn.Write(bad.bytes)
				if bad.denied {
					if got := string(c.hear(codec.Failure)); got != bad.reason {
						t.Errorf("denied because %q", got)
					}
				}
				if i > 0 {
					w.until("it is held back", func() bool { return w.held() != nil })
					due := w.held().held.Load().at
					if wait, want := due-h.time(), firstHoldBack<<(i-1); wait != want {
						t.Errorf("held back for %v, want %v", wait, want)
					}
					other.say(codec.Update, typedAt(clock, []byte("x")))
					clock++
					c.hear(codec.Update)
					h.set(due)
					w.advance(due)
				}
				c.mustClose(bad.code, bad.reason)
			}
			w.mustCount("realtime_closes_held_back_total", 3)
			w.samples.flush(0)
			w.mustLog("connection closed", fmt.Sprintf(`"code":%d`, StandardCloseCodes.code(bad.code)), `"times":3`)
			if n := strings.Count(w.log.String(), "panic"); n > 0 {
				t.Error(w.log)
			}
		})
	}
}

// TestClosedByTheEngineAgain: it is the same when the engine closes a connection for an update that it could not read at once.
func TestClosedByTheEngineAgain(t *testing.T) {
	h := &hand{}
	w := newWorld(t, holdingBack(h))
	why := &engine.CloseError{Code: engine.CloseInvalidUpdate, Reason: "unreadable"}
	for i := range 3 {
		c := dial(t, w, "/realtime/records/a")
		c.hear(codec.SyncRequest)
		joined := w.only()
		w.until("it has joined", func() bool {
			joined.reading.Lock()
			defer joined.reading.Unlock()
			return joined.peer != nil
		})
		joined.Close(why)
		if i > 0 {
			w.until("it is held back", func() bool { return w.held() != nil })
			h.set(w.held().held.Load().at)
			w.advance(h.time())
		}
		c.mustClose(why.Code, why.Reason)
		w.until("it is gone", func() bool { return w.conns.size() == 0 })
	}
	w.mustCount("realtime_closes_held_back_total", 2)
}

// TestDrainWhileHeldBack: shutting down does not wait for a client whose close is held back, whatever it has sent meanwhile.
func TestDrainWhileHeldBack(t *testing.T) {
	w := newWorld(t, with(Config{FrameBytes: 1 << 16, DrainTimeout: time.Hour, CloseTimeout: time.Second}))
	endless := masked(gws.OpcodeBinary, make([]byte, skipFactor<<16+1))
	for i := range 2 {
		c := dial(t, w, "/realtime/records/a")
		c.hear(codec.SyncRequest)
		go c.conn.Write(endless)
		if c.hear(codec.Failure); i == 0 {
			c.mustClose(closeTooLarge, "message too large")
		}
	}
	w.until("it is held back", func() bool { return w.held() != nil })
	w.end()
}
