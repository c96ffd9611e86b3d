package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// packConn is the client's end of a connection that speaks MessagePack.
type packConn struct {
	sink
	payloads []string
}

func (c *packConn) Write(frames [][]byte, _ func()) error {
	for _, f := range frames {
		for payload := range payloads(f) {
			c.payloads = append(c.payloads, string(payload))
		}
	}
	return nil
}

// TestSignalsAreSentToNatives shows that presence events that the server does not know are sent to
// other native clients, the newest few of each window.
func TestSignalsAreSentToNatives(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b, y := w.joinJSON("r", ann), w.joinJSON("r", bob), w.joinSynced("r")
		m := new(packConn)
		packed, err := w.Join(context.Background(), roomkey.MustParse("r"), m, protocol.MsgPack{}, Identity{ID: "cas"})
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		forget := func() { a.conn.take(); b.conn.take(); y.conn.take(); m.payloads = nil }
		forget()

		a.sendsJSON(`{"type":"presence","event":"typing","user":{"id":"bob"},"in":"title"}`)
		pass(time.Second)
		got := b.wantMessages("the other", "presence/typing")[0]
		if got.User.ID != "ann" || got.In != "title" {
			t.Errorf("%+v", got)
		}
		a.wantMessages("its sender")
		y.wantMessages("a y-websocket client")
		if want := string(protocol.MsgPack{}.Append(nil, protocol.Message{Kind: protocol.Signal, Text: "typing", From: "ann", Body: []byte(`{"in":"title"}`)})); !slices.Equal(m.payloads, []string{want}) {
			t.Errorf("in MessagePack: %q", m.payloads)
		}

		forget()
		if err := packed.Deliver(protocol.MsgPack{}.Append(nil, protocol.Message{Kind: protocol.Signal, Text: "idle"})); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if got := b.wantMessages("of MessagePack", "presence/idle")[0]; got.User.ID != "cas" {
			t.Errorf("%+v", got)
		}

		a.sendsJSON(`{"type":"presence","event":"typing"}`)
		settle() // the first is sent at once, and later ones when the window ends
		forget()
		for n := range 10 {
			a.sendsJSON(`{"type":"presence","event":"typing","in":"%d"}`, n)
		}
		for n := range 6 {
			a.sendsJSON(`{"type":"presence","event":"e%d"}`, n)
		}
		pass(time.Second)
		b.wantMessages("the newest four", "presence/e2", "presence/e3", "presence/e4", "presence/e5")

		forget()
		a.sendsJSON(`{"type":"presence","event":"typing","in":"1"}`)
		settle()
		a.sendsJSON(`{"type":"presence","event":"typing","in":"2"}`)
		a.sendsJSON(`{"type":"presence","event":"typing","in":"3"}`)
		pass(time.Second)
		if got := b.wantMessages("the newest of a window", "presence/typing", "presence/typing"); got[1].In != "3" {
			t.Errorf("%+v", got)
		}
		a.sendsJSON(`{"type":"presence","event":"typing"}`)
		settle()
		forget()
		a.sendsJSON(`{"type":"presence","event":"typing"}`)
		a.Leave()
		pass(time.Second)
		if got := b.conn.take(); len(got) == 0 || got[0].Event == "typing" {
			t.Errorf("the event of a client that has left: %+v", got)
		}
	})
}

// TestSignalTooLarge shows that an event that is too large is dropped, and that its sender is sent
// one error and not charged.
func TestSignalTooLarge(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		pass(time.Second)
		a.conn.take()
		b.conn.take()
		for range 20 {
			a.sendsJSON(`{"type":"presence","event":"typing","text":%q}`, strings.Repeat("x", 1024))
		}
		pass(time.Second)
		if got := a.wantMessages("the sender", "control/error")[0]; got.Error.Code != protocol.CodeMessageTooLarge {
			t.Errorf("%+v", got)
		}
		b.wantMessages("others")
		if n := w.metrics.presenceDropped[awareness.LimitSignal].Get(); n != 20 || a.conn.charged != 0 {
			t.Errorf("%d counted, %d charged", n, a.conn.charged)
		}
	})
}

// TestSignalIsJSON shows that an event is sent as valid JSON, whatever members it has.
func TestSignalIsJSON(t *testing.T) {
	for _, body := range []string{`{}`, `{"type":"presence","event":"x","user":{}}`, `{"a":1,"\u0062\"":"\ud83d\ude00"}`, ` {"a": [1, {"b": null}] , "user" : 5}`} {
		for _, p := range []protocol.Protocol{protocol.JSON{}, protocol.MsgPack{}} {
			frame := p.Append(nil, protocol.Message{Kind: protocol.Signal, Text: "x", From: "u", Body: []byte(body)})
			var m protocol.Message
			if p.Text() && !json.Valid(frame) {
				t.Errorf("%s", frame)
			}
			if _, err := p.Next(frame, &m); err != nil || m.Kind != protocol.Signal || !json.Valid(m.Body) {
				t.Errorf("%s: %v, %+v", fmt.Sprintf("%q", frame), err, m)
			}
		}
	}
}
