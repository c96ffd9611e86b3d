package transport

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// holdingBack makes the clock of held-back closes and of the log sampler one that the test sets.
func holdingBack(h *testClock) option { return func(s *setup) { s.holding = h } }

// held returns a connection whose close is held back, nil if there is none.
func (w *world) held() (c *conn) {
	for slot := range sweepSlots {
		w.conns.each(slot, func(found *conn) {
			if found.heldBack.Load() != nil && !found.closing.Load() {
				c = found
			}
		})
	}
	return c
}

// TestRepeatedCloseIsHeldBack shows that a client that comes back and causes the same close is sent
// the reason each time, is closed at once the first time and later each time after that, and
// receives the updates of others until then.
func TestRepeatedCloseIsHeldBack(t *testing.T) {
	for name, bad := range map[string]struct {
		bytes  []byte
		code   engine.CloseCode
		reason string
		denied bool // y-websocket has a message for the refusal
	}{
		"update": {masked(gws.OpcodeBinary, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: []byte{1, 1, 9, 0, 31, 0}})),
			engine.CloseInvalidUpdate, "unknown content ref at offset 4", true},
		"frame":           {masked(gws.OpcodeBinary, make([]byte, skipFactor<<16+1)), closeTooLarge, "message too large", true},
		"malformed frame": {masked(3, nil), closeProtocolError, "malformed frame", false},
		"text":            {masked(gws.OpcodeText, []byte{0xff}), closeInvalidText, "text is not UTF-8", false},
		"other protocol":  {masked(gws.OpcodeBinary, hocuspocus("by-law-7", 0, "")), closeOtherProtocol, errOtherProtocol.Reason, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := &testClock{}
			w := newWorld(t, with(Config{FrameBytes: 1 << 16}), holdingBack(h))
			other := dial(t, w, "/realtime/records/a")
			other.receive(protocol.SyncRequest)
			clock := uint64(0)
			for i := range 4 {
				c := dial(t, w, "/realtime/records/a")
				c.receive(protocol.SyncRequest)
				go c.conn.Write(bad.bytes)
				if bad.denied {
					if got := string(c.receive(protocol.Failure)); got != bad.reason {
						t.Errorf("denied because %q", got)
					}
				}
				if i > 0 {
					w.until("it is held back", func() bool { return w.held() != nil })
					due := w.held().heldBack.Load().at
					if wait, want := due-h.time(), limit.FirstHoldBack<<(i-1); wait != want {
						t.Errorf("held back for %v, want %v", wait, want)
					}
					other.sendMessage(protocol.Update, typedAt(clock, []byte("x")))
					clock++
					c.receive(protocol.Update)
					h.set(due)
					w.advance(due)
				}
				c.mustClose(bad.code, bad.reason)
			}
			w.mustCount("realtime_closes_held_back_total", 3)
			w.samples.Flush(0)
			w.mustLog("connection closed", fmt.Sprintf(`"code":%d`, StandardCloseCodes.code(bad.code)), `"times":3`)
			if n := strings.Count(w.log.String(), "panic"); n > 0 {
				t.Error(w.log)
			}
		})
	}
}

// TestClosedByTheEngineAgain shows the same for a connection that the engine closes later, for an
// update that could not be merged at once.
func TestClosedByTheEngineAgain(t *testing.T) {
	h := &testClock{}
	w := newWorld(t, holdingBack(h))
	why := &engine.CloseError{Code: engine.CloseInvalidUpdate, Reason: "unreadable"}
	for i := range 3 {
		c := dial(t, w, "/realtime/records/a")
		c.receive(protocol.SyncRequest)
		joined := w.only()
		w.until("it has joined", func() bool {
			joined.reading.Lock()
			defer joined.reading.Unlock()
			return joined.session.peer() != nil
		})
		joined.Close(why)
		if i > 0 {
			w.until("it is held back", func() bool { return w.held() != nil })
			h.set(w.held().heldBack.Load().at)
			w.advance(h.time())
		}
		c.mustClose(why.Code, why.Reason)
		w.until("it is gone", func() bool { return w.conns.size() == 0 })
	}
	w.mustCount("realtime_closes_held_back_total", 2)
}

// TestDrainWhileHeldBack shows that a shutdown does not wait for a client whose close is held back,
// whatever it has sent meanwhile.
func TestDrainWhileHeldBack(t *testing.T) {
	w := newWorld(t, with(Config{FrameBytes: 1 << 16, DrainTimeout: time.Hour, CloseTimeout: time.Second}))
	endless := masked(gws.OpcodeBinary, make([]byte, skipFactor<<16+1))
	for i := range 2 {
		c := dial(t, w, "/realtime/records/a")
		c.receive(protocol.SyncRequest)
		go c.conn.Write(endless)
		if c.receive(protocol.Failure); i == 0 {
			c.mustClose(closeTooLarge, "message too large")
		}
	}
	w.until("it is held back", func() bool { return w.held() != nil })
	w.end()
}
