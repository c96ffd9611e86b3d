package transport

import (
	"encoding/json"
	"log/slog"
	"sync"
	"testing"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestHeldRoomAcknowledges shows that messages of a JSON client that come while the room's lock is
// held are processed in order, and acknowledged, when the lock is free.
func TestHeldRoomAcknowledges(t *testing.T) {
	stop := &blockingHandler{at: "record is open again", stopped: make(chan struct{}), release: make(chan struct{})}
	w := newWorld(t, func(s *setup) {
		s.logs = func(h slog.Handler) slog.Handler { stop.Handler = h; return stop }
	})
	release := sync.OnceFunc(func() { close(stop.release) })
	t.Cleanup(release)
	client := dial(t, w, "/realtime/records/held", jsonProtocol)
	client.awaitJSON("room_state")
	c := w.only()
	w.lockHeld(true)
	go w.lockHeld(false)
	<-stop.stopped
	client.send(gws.OpcodeText, protocol.JSON{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: insertion(1, 0)}))
	w.until("it waits for its room", func() bool {
		return !c.socket().Watched
	})
	release()
	for {
		var m map[string]any
		if err := json.Unmarshal(client.await(gws.OpcodeText), &m); err != nil {
			t.Fatal(err)
		}
		switch m["event"] {
		case "ack":
			return
		case "error":
			t.Fatalf("it is told %v", m)
		}
	}
}
