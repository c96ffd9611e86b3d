package engine

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/awareness"
)

// TestStateTooLarge shows that an awareness state that is too large is dropped, that its sender is
// sent one error, and that the state before stays.
func TestStateTooLarge(t *testing.T) {
	picture := fmt.Sprintf(`{"picture":%q}`, strings.Repeat("x", 40<<10))
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1, here)))
		pass(time.Second)
		if got := lastStates(b.conn.take())[7]; got != here {
			t.Errorf("at first: %s", got)
		}
		a.conn.take()
		for clock := range uint64(60) {
			a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 3+clock, picture)))
			pass(2 * time.Second)
		}
		failures := 0
		for _, m := range a.conn.take() {
			if m.Kind == protocol.Failure {
				failures++
			}
		}
		if failures != 1 || a.conn.charged != 0 || w.metrics.presenceDropped[awareness.LimitState].Get() != 60 {
			t.Errorf("%d errors sent, %d charged, %d counted", failures, a.conn.charged, w.metrics.presenceDropped[awareness.LimitState].Get())
		}
		if got := lastStates(b.conn.take()); !maps.Equal(got, map[uint64]string{7: here}) {
			t.Errorf("for two minutes: %v", got)
		}
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 80, moved)))
		pass(time.Second)
		if got := lastStates(b.conn.take())[7]; got != moved {
			t.Errorf("a small one again: %s", got)
		}
	})
}

// TestStampIsNotCounted shows that the user that the server adds to a state does not count towards
// its size: a state of 32 KiB may be sent again as it comes back.
func TestStampIsNotCounted(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinAs("r", "ann"), w.joinSynced("r")
		state := fmt.Sprintf(`{"x":%q}`, strings.Repeat("x", 32<<10-len(`{"x":""}`)))
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1, state)))
		pass(time.Second)
		stamped := lastStates(b.conn.take())[7]
		if !strings.Contains(stamped, `"id":"ann"`) {
			t.Fatalf("others have %d bytes", len(stamped))
		}
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 3, stamped)))
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 4, strings.Replace(stamped, "xx", "yy", 1))))
		pass(time.Second)
		if got := lastStates(b.conn.take())[7]; !strings.Contains(got, "yy") || w.metrics.presenceDropped[awareness.LimitState].Get() != 0 {
			t.Errorf("%d bytes, %d dropped", len(got), w.metrics.presenceDropped[awareness.LimitState].Get())
		}
	})
}

// fillRoom fills a room with 100 people with five states of 8 KiB each.
func fillRoom(w *world) {
	state := fmt.Sprintf(`{"x":%q}`, strings.Repeat("x", 8000))
	for i := range uint64(100) {
		c := w.joinSynced("r")
		var entries []yjs.AwarenessEntry
		for n := range uint64(5) {
			entries = append(entries, stateEntry(1000+5*i+n, 1, state))
		}
		c.sends(protocol.Awareness, awarenessUpdate(entries...))
		c.conn.mu.Lock()
		c.conn.discards = true
		c.conn.mu.Unlock()
	}
	pass(time.Second)
}

// TestAllStatesInPortions shows that a peer that requests all states, and reads nothing, has no
// more in its queue than that may hold, and gets all of them when it reads.
func TestAllStatesInPortions(t *testing.T) {
	inWorld(t, Config{AwarenessTimeout: time.Hour}, func(w *world) {
		fillRoom(w)
		y := w.join("r")
		if pass(time.Second); len(lastStates(y.conn.take())) != 500 {
			t.Error("a peer that joins is not sent all states")
		}
		y.conn.reading.close()
		for range 20 {
			y.sends(protocol.AwarenessRequest, nil)
			pass(time.Second)
			if n := y.queue.Bytes(); n > w.cfg().QueueBytes {
				t.Fatalf("%d bytes wait", n)
			}
		}
		y.conn.reading.open()
		pass(time.Second)
		if got := lastStates(y.conn.take()); len(got) != 500 {
			t.Errorf("%d of 500 states were sent", len(got))
		}
	})
}

// TestAllStatesInPortionsInJSON shows that a native client is sent all states when it joins, and
// when it sends "joined".
func TestAllStatesInPortionsInJSON(t *testing.T) {
	inWorld(t, Config{AwarenessTimeout: time.Hour}, func(w *world) {
		fillRoom(w)
		a := w.joinJSON("r", ann)
		pass(time.Second)
		seen := func() int {
			clients := make(map[uint64]bool)
			for _, m := range a.conn.take() {
				if m.Event != "awareness" {
					continue
				}
				b, _ := base64.StdEncoding.DecodeString(m.Awareness)
				u, err := yjs.CheckAwareness(b)
				if err != nil {
					t.Fatal(err)
				}
				for e := range u.Entries() {
					clients[e.Client] = true
				}
			}
			return len(clients)
		}
		if n := seen(); n != 500 {
			t.Errorf("%d states were sent at the join", n)
		}
		a.sendsJSON(`{"type":"presence","event":"joined"}`)
		pass(time.Second)
		if n := seen(); n != 500 {
			t.Errorf("%d states were sent on request", n)
		}
	})
}

// TestCursorTooLargeForRoom shows that a cursor that exceeds the room's bound is dropped, and that
// its sender is sent one error.
func TestCursorTooLargeForRoom(t *testing.T) {
	inWorld(t, Config{AwarenessRoomBytes: 1500}, func(w *world) {
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		pass(time.Second)
		b.conn.take()
		a.sendsJSON(`{"type":"presence","event":"cursor","cursor":{"anchor":{"tname":%q},"head":{"tname":"t"}}}`, strings.Repeat("x", 1000))
		pass(time.Second)
		b.wantMessages("a's cursor", "presence/cursor", "presence/awareness")
		for range 3 {
			b.sendsJSON(`{"type":"presence","event":"cursor","cursor":{"anchor":{"tname":%q},"head":{"tname":"t"}}}`, strings.Repeat("x", 1000))
		}
		pass(time.Second)
		if got := b.wantMessages("once", "control/error"); got[0].Error.Code != protocol.CodeMessageTooLarge {
			t.Errorf("%+v", got[0])
		}
	})
}
