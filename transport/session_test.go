package transport

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
)

// insertion returns an update: client inserts one letter, its clock-th, into the text "t".
func insertion(client, clock byte) []byte {
	if clock == 0 {
		return []byte{1, 1, client, 0, 4, 1, 1, 't', 1, 'a', 0}
	}
	return []byte{1, 1, client, clock, 0x84, client, clock - 1, 1, 'a', 0}
}

// typedAt returns an update: client 1 inserts s after its earlier text.
func typedAt(clock uint64, s []byte) []byte {
	b := lib0.AppendUvarint([]byte{1, 1, 1}, clock)
	if clock == 0 {
		b = append(b, 4, 1, 1, 't')
	} else {
		b = lib0.AppendUvarint(append(b, 0x84, 1), clock-1)
	}
	b = append(lib0.AppendUvarint(b, uint64(len(s))), s...)
	return append(b, 0)
}

// TestSession shows that two clients in one room, one of them a real client library, receive each
// other's updates and presence.
func TestSession(t *testing.T) {
	w := newWorld(t)
	heard := make(chan []byte, 16)
	socket, _, err := gws.NewClient(listener{heard: heard}, &gws.ClientOption{
		Addr:          "ws://" + w.addr + "/realtime/records/a",
		RequestHeader: http.Header{protocolHeader: {"y-websocket"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	go socket.ReadLoop()
	ann := dial(t, w, "/realtime/records/a")
	ann.receive(protocol.SyncRequest)
	for clock := range byte(3) {
		ann.sendMessage(protocol.Update, insertion(1, clock))
		ann.receive(protocol.Update) // the receipt
	}
	want := protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: insertion(1, 2)})
	for got := range heard {
		if bytes.Equal(got, want) {
			break
		}
	}
	if err := socket.WriteClose(1000, nil); err != nil {
		t.Error(err)
	}
	w.until("it has left", func() bool { return w.conns.size() == 1 })
}

// listener is a client that keeps the messages that it receives.
type listener struct {
	gws.BuiltinEventHandler
	heard chan<- []byte
}

func (l listener) OnMessage(_ *gws.Conn, m *gws.Message) {
	l.heard <- bytes.Clone(m.Bytes())
	m.Close()
}

// TestPing shows that a pong has the payload of its ping.
func TestPing(t *testing.T) {
	c := dial(t, newWorld(t), "/realtime/records/a")
	for _, payload := range []string{"", "x", strings.Repeat("y", 125)} {
		c.send(gws.OpcodePing, []byte(payload))
		if got := string(c.await(gws.OpcodePong)); got != payload {
			t.Errorf("pong %q", got)
		}
	}
}

// TestTextFrame shows that a text message in a binary protocol is malformed, even if its bytes
// would be a valid message.
func TestTextFrame(t *testing.T) {
	w := newWorld(t)
	c := dial(t, w, "/realtime/records/a")
	c.sendMessage(protocol.SyncRequest, []byte{0})
	for range 10 {
		c.send(gws.OpcodeText, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: insertion(1, 0)}))
	}
	c.send(gws.OpcodePing, nil)
	c.await(gws.OpcodePong)
	w.mustLog("invalid message", "record:a")
	if _, metrics, _ := w.get("/metrics"); !strings.Contains(metrics, "realtime_updates_merged_total 0\n") {
		t.Error("it was merged")
	}
}

// TestMalformedFrames shows how a client that violates RFC 6455 is closed.
func TestMalformedFrames(t *testing.T) {
	const limit = 1 << 16
	fin := func(op gws.Opcode) byte { return 0x80 | byte(op) }
	w := newWorld(t, with(Config{FrameBytes: limit, CloseTimeout: time.Minute}))
	for _, test := range []struct {
		name   string
		bytes  []byte
		code   engine.CloseCode
		reason string
	}{
		{"not masked", []byte{fin(2), 1, 'x'}, 1002, "malformed frame"},
		{"reserved bit", []byte{fin(2) | 0x40, 0x81, 0, 0, 0, 0, 'x'}, 1002, "malformed frame"},
		{"unknown opcode", masked(3, nil), 1002, "malformed frame"},
		{"stray continuation", masked(0, []byte("x")), 1002, "malformed frame"},
		{"long ping", masked(9, make([]byte, 126)), 1002, "malformed frame"},
		{"length of 2^63", []byte{fin(2), 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1002, "malformed frame"},
		{"length of 2^64-1", []byte{fin(2), 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0}, 1002, "malformed frame"},
		{"length of 2^62", []byte{fin(2), 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1009, "message too large"},
		{"16 MiB", masked(2, make([]byte, 16<<20)), 1009, "message too large"},
		{"not UTF-8", masked(1, []byte{0xff}), 1007, "text is not UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			// The rooms differ, as repeated closes in one would be held back.
			c := dial(t, w, "/realtime/records/"+url.PathEscape(test.name))
			c.write(test.bytes)
			c.mustClose(test.code, test.reason)
			w.until("it is counted", func() bool {
				return w.count(fmt.Sprintf("realtime_connections_closed_total{code=\"%d\"}", test.code)) > 0
			})
		})
	}
	if n := w.count("realtime_panics_total"); n != 0 {
		t.Errorf("%d panics", n)
	}
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
}

// TestLargestFrame shows that a message of exactly the limit is allowed.
func TestLargestFrame(t *testing.T) {
	const limit = 1 << 16
	c := dial(t, newWorld(t, with(Config{FrameBytes: limit})), "/realtime/records/a")
	const query = 3 // QueryAwareness, which gets no answer while nobody is present
	c.send(gws.OpcodeBinary, bytes.Repeat([]byte{query}, limit))
	c.send(gws.OpcodePing, nil)
	c.await(gws.OpcodePong)
}

// TestLongMessageIsSkipped shows that messages that are too long are dropped, that the client is
// sent one error, and that it stays connected.
func TestLongMessageIsSkipped(t *testing.T) {
	const limit = 1 << 16
	w := newWorld(t, with(Config{FrameBytes: limit}))
	for _, test := range []struct {
		name  string
		bytes []byte
	}{
		{"one byte too long", masked(2, make([]byte, limit+1))},
		{"as long as may be", masked(2, make([]byte, skipFactor*limit))},
		{"fragments too long", append(append([]byte{2}, masked(2, make([]byte, limit))[1:]...), masked(0, []byte("x"))...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := w.count("realtime_skipped_messages_total")
			c := dial(t, w, "/realtime/records/a")
			c.write(test.bytes)
			c.write(test.bytes)
			if got := string(c.receive(protocol.Failure)); got != "message too large" {
				t.Errorf("denied because %q", got)
			}
			c.send(gws.OpcodePing, nil)
			for op := gws.Opcode(0); op != gws.OpcodePong; {
				var payload []byte
				if op, payload, _ = c.next(); len(payload) > 0 && payload[0] == 2 {
					t.Errorf("told again: %x", payload)
				}
			}
			if n := w.count("realtime_skipped_messages_total") - before; n != 2 {
				t.Errorf("%d counted", n)
			}
		})
	}
}

// TestFrameLimit shows that by default a message has room for the largest document, also in base64.
func TestFrameLimit(t *testing.T) {
	w := newWorld(t, withEngine(engine.Config{DocumentBytes: 3 << 20}))
	if got, want := w.cfg().FrameBytes, 4<<20+64<<10; got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
}

// TestPanicEndsOneConnection shows that a panic in our code ends one connection, and logs a stack.
func TestPanicEndsOneConnection(t *testing.T) {
	w := newWorld(t, withAuth(authFunc(func(_ context.Context, token string) (engine.Identity, error) {
		if token == "bomb" {
			panic("boom")
		}
		return engine.Identity{Anonymous: true}, nil
	})))
	dial(t, w, "/realtime/records/a?token=bomb").mustClose(engine.CloseInternal, "internal error")
	w.mustLog("panic: boom", "refusal_test.go", `"ERROR"`)
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
	if n := w.count("realtime_panics_total"); n != 1 {
		t.Errorf("%d panics counted", n)
	}
}

// slowStore blocks in Load until the test releases it.
type slowStore struct {
	*persist.Memory
	load chan struct{}
}

func (s slowStore) Load(ctx context.Context, room string) ([]byte, [][]byte, error) {
	<-s.load
	return s.Memory.Load(ctx, room)
}

// TestFramesWhileLoading shows that messages that come before the room is loaded are processed
// later.
func TestFramesWhileLoading(t *testing.T) {
	store := slowStore{persist.NewMemory(), make(chan struct{})}
	w := newWorld(t, withStore(store))
	ann, bob := dial(t, w, "/realtime/records/a"), dial(t, w, "/realtime/records/a")
	ann.sendMessage(protocol.Update, insertion(1, 0))
	ann.sendMessage(protocol.Update, insertion(1, 1))
	bob.sendMessage(protocol.SyncRequest, []byte{0})
	close(store.load)
	ann.receive(protocol.Update)
	var u yjs.CheckedUpdate
	for bytes.Count(u.Bytes(), []byte("a")) < 2 {
		bob.sendMessage(protocol.SyncRequest, []byte{0})
		var err error
		if u, err = yjs.CheckUpdate(bob.receive(protocol.SyncReply)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestClientLeavesRoom shows that others are sent at once that a client has left, however it left.
func TestClientLeavesRoom(t *testing.T) {
	w := newWorld(t)
	ann := dial(t, w, "/realtime/records/a")
	for i, part := range []func(*client){
		func(c *client) { c.conn.Close() },
		func(c *client) { c.send(gws.OpcodeCloseConnection, []byte{3, 0xe8}) },
		func(c *client) { c.write([]byte{0xff, 0}) },
	} {
		bob, id := dial(t, w, "/realtime/records/a"), byte(10+i)
		bob.sendMessage(protocol.Awareness, append([]byte{1, id, 1, 2}, "{}"...))
		ann.awaitPresence(uint64(id), true)
		part(bob)
		ann.awaitPresence(uint64(id), false)
	}
}

// awaitPresence waits for a message in which client id is present, or gone.
func (c *client) awaitPresence(id uint64, present bool) {
	c.t.Helper()
	for {
		a, err := yjs.CheckAwareness(c.receive(protocol.Awareness))
		if err != nil {
			c.t.Fatal(err)
		}
		for e := range a.Entries() {
			if e.Client == id && e.Removed() != present {
				return
			}
		}
	}
}
