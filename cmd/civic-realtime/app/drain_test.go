package app

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
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
