package transport

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// blockingHandler is a slog.Handler that blocks at one message, and so holds the lock of the room
// whose goroutine logs it.
type blockingHandler struct {
	slog.Handler
	at      string
	stopped chan struct{} // receives when it blocks
	release chan struct{} // closed to end that
}

func (s *blockingHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == s.at {
		s.stopped <- struct{}{}
		<-s.release
	}
	return s.Handler.Handle(ctx, r)
}

// textUpdate returns an update with text that continues a client's text, which ends at clock.
func textUpdate(client, clock uint64, text string) []byte {
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client, Clock: clock})
	if clock == 0 {
		b = lib0.AppendString(append(b, yjs.RefString, 1), "text")
	} else {
		b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin), yjs.ID{Client: client, Clock: clock - 1})
	}
	return append(lib0.AppendString(b, text), 0)
}

// receiveFrom reads until doc has another client's text up to clock.
func (c *client) receiveFrom(doc *ydoc.Doc, other, clock uint64) {
	c.t.Helper()
	for doc.Clock(other) < clock {
		var m protocol.Message
		if _, err := (protocol.YWebsocket{}).Next(c.await(gws.OpcodeBinary), &m); err != nil {
			c.t.Fatal(err)
		}
		if m.Kind == protocol.Update || m.Kind == protocol.SyncReply {
			u, err := yjs.CheckUpdate(m.Body)
			if err != nil {
				c.t.Fatal(err)
			}
			if doc.Apply(u); doc.PendingSize() > 0 {
				c.t.Fatal("updates came out of order")
			}
		}
	}
}

// TestHeldRoomOnPollers shows that a room whose lock is held delays only the clients in it, though
// the same pollers read others, and that their messages are processed in order.
func TestHeldRoomOnPollers(t *testing.T) {
	stop := &blockingHandler{at: "record is open again", stopped: make(chan struct{}), release: make(chan struct{})}
	w := newWorld(t, func(s *setup) {
		s.logs = func(h slog.Handler) slog.Handler { stop.Handler = h; return stop }
	}, with(Config{Unlimited: true}))
	const each = 16 // connections a room, so that every poller has some of both
	var held, free []*client
	for range each {
		held = append(held, dial(t, w, "/realtime/records/held"))
		free = append(free, dial(t, w, "/realtime/records/free"))
	}
	for _, c := range append(held, free...) {
		c.sendMessage(protocol.SyncRequest, []byte{0})
		c.receive(protocol.SyncReply)
	}
	w.lockHeld(true)
	go w.lockHeld(false)
	select {
	case <-stop.stopped:
	case <-time.After(patience):
		t.Fatal("nobody holds the room")
	}
	release := sync.OnceFunc(func() { close(stop.release) })
	t.Cleanup(release)
	for i, c := range held[1:] {
		for clock := range uint64(20) {
			c.sendMessage(protocol.Update, textUpdate(uint64(i+1), clock, "b"))
		}
		c.sendMessage(protocol.Awareness, []byte{0})
		c.sendMessage(protocol.SyncRequest, []byte{0})
	}
	held[0].conn.Close()
	for i, c := range free {
		c.sendMessage(protocol.Update, textUpdate(uint64(100+i), 0, "free"))
		free[(i+1)%each].receiveFrom(new(ydoc.Doc), uint64(100+i), 4)
	}
	late := dial(t, w, "/realtime/records/free")
	late.sendMessage(protocol.SyncRequest, []byte{0})
	late.receive(protocol.SyncReply)
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if code, body, _ := w.get(path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	w.advance(0)
	w.Recheck("")
	release()
	for _, c := range held[1:] {
		doc := new(ydoc.Doc)
		for other := range uint64(each - 1) {
			c.receiveFrom(doc, other+1, 20)
		}
	}
}

// lockHeld locks or unlocks the room "held".
func (w *world) lockHeld(locked bool) {
	held := roomkey.MustParse("record:held")
	if err := w.engine.Lock(context.Background(), held, locked, ""); err != nil {
		w.t.Error(err)
	}
}
