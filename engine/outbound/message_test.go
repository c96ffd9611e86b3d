package outbound

import (
	"runtime"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestEncodedOncePerProtocol shows that a message is encoded once for each protocol, whatever their
// order.
func TestEncodedOncePerProtocol(t *testing.T) {
	var encoded PerProtocol[*Message]
	m := protocol.Message{Kind: protocol.Awareness, Body: []byte{0}}
	times := 0
	first := map[protocol.Protocol]*Message{}
	for range 3 {
		for _, p := range []protocol.Protocol{protocol.YWebsocket{}, protocol.JSON{}, protocol.MsgPack{}} {
			got := encoded.For(p, func() *Message { times++; return Encode(Presence, p, m) })
			if first[p] == nil {
				first[p] = got
			}
			if got == nil || got != first[p] || len(got.Wire) == 0 || got.Class != Presence {
				t.Errorf("%T: %+v, first %+v", p, got, first[p])
			}
		}
	}
	if times != 3 {
		t.Errorf("encoded %d times", times)
	}
}

// TestEncodeWithoutForm shows that a message is nil for a protocol without a form for it, as
// y-websocket has none for users.
func TestEncodeWithoutForm(t *testing.T) {
	if m := Encode(Notice, protocol.YWebsocket{}, protocol.Message{Kind: protocol.Left, From: "ann"}); m != nil {
		t.Errorf("%+v", m)
	}
}

// TestDocumentsAreShared shows that a reply is encoded once, as long as a queue holds one of the
// same version and protocol.
func TestDocumentsAreShared(t *testing.T) {
	var documents Documents
	times := 0
	reply := func(p protocol.Protocol, version uint64) []*Message {
		return documents.Reply(p, version, func() []*Message {
			times++
			return EncodeReply(p, version, p.MaxUpdate(), func(b []byte) []byte { return append(b, typed(1, 0)...) })
		})
	}
	y, j := reply(protocol.YWebsocket{}, 1), reply(protocol.JSON{}, 1)
	if again := reply(protocol.YWebsocket{}, 1); again[0] != y[0] || times != 2 {
		t.Errorf("made %d times", times)
	}
	if newer := reply(protocol.YWebsocket{}, 2); newer[0] == y[0] || times != 3 {
		t.Errorf("of another version: made %d times", times)
	}
	runtime.KeepAlive(j)
	j = nil
	runtime.GC()
	runtime.GC()
	if reply(protocol.JSON{}, 1); times != 4 {
		t.Errorf("when no queue holds it: made %d times", times)
	}
	runtime.KeepAlive(y)
}
