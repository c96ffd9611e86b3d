package transport

import (
	"context"
	"strings"
	"testing"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// hocuspocus returns a message of Hocuspocus' protocol: the name of a document, a type and a
// content.
func hocuspocus(name string, kind byte, content string) []byte {
	return append(append(lib0.AppendString(nil, name), kind), content...)
}

// TestOtherProtocol shows that a client of another protocol is closed with the reason after its
// first message, and where its protocol is spoken if that is Hocuspocus.
func TestOtherProtocol(t *testing.T) {
	const auth, sync = 2, 0
	for name, first := range map[string][]byte{
		"Hocuspocus, with a token":     hocuspocus("by-law-7", auth, "\x00\x05token"),
		"Hocuspocus, without":          hocuspocus("by-law-7", sync, "\x00\x01\x00"),
		"Hocuspocus, name of 3":        hocuspocus("abc", sync, "\x00\x01\x00"),
		"Hocuspocus, name of 2":        hocuspocus("ab", auth, "\x00\x05token"),
		"Hocuspocus, name of 1":        hocuspocus("a", auth, "\x00\x05token"),
		"a message that is not known":  {102, 1, 0},
		"a subtype that is not known":  {0, 3, 0},
		"known, and another behind it": {0, 0, 1, 0, 9},
		"cut short":                    {0, 0, 9},
		"nothing":                      {},
		"MessagePack":                  protocol.MsgPack{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: insertion(1, 0)}),
	} {
		for how, headers := range map[string]string{"named": "X-Nothing: more", "found out": noProtocol, "with a token": protocolHeader + ": auth.ann"} {
			t.Run(name+", "+how, func(t *testing.T) {
				w := newWorld(t, usersByToken)
				c := dial(t, w, "/realtime/records/a", headers)
				c.send(gws.OpcodeBinary, first)
				reason := errOtherProtocol.Reason
				if strings.HasPrefix(name, "Hocuspocus") {
					reason = "not y-websocket: Hocuspocus is spoken at /hocuspocus"
				}
				c.mustClose(closeOtherProtocol, reason)
				w.mustLog("connection closed", `"code":4400`, "not y-websocket")
			})
		}
	}
	if n := len(errOtherProtocol.Reason); n > websocket.MaxCloseReason {
		t.Errorf("a reason of %d bytes", n)
	}
}

// TestHocuspocusMisplaced shows that a client of Hocuspocus without a token, or a room, in its URL
// is told where its protocol is spoken, and others what they lack.
func TestHocuspocusMisplaced(t *testing.T) {
	w := newWorld(t, withAuth(authFunc(func(_ context.Context, token string) (engine.Identity, error) {
		return engine.Identity{}, &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "no good token"}
	})))
	token, step1 := hocuspocus("by-law-7", 2, "\x00\x05token"), []byte{0, 0, 1, 0}
	const right = "not y-websocket: Hocuspocus is spoken at /hocuspocus"
	for _, test := range []struct {
		path  string
		first []byte
		code  engine.CloseCode
		why   string
	}{
		{"/realtime/records/a", token, closeOtherProtocol, right},
		{"/realtime/records/a?token=x", token, engine.CloseAuthFailed, "no good token"},
		{"/realtime/records/a", step1, engine.CloseAuthFailed, "no good token"},
		{"/realtime", token, closeOtherProtocol, right},
		{"/realtime/documents", token, closeOtherProtocol, right},
		{"/realtime/records/", token, closeOtherProtocol, right},
		{"/realtime", step1, engine.CloseRoomNotFound, errKind.Reason},
	} {
		c := dial(t, w, test.path, noProtocol)
		c.send(gws.OpcodePong, nil)
		c.send(gws.OpcodeBinary, test.first)
		c.mustClose(test.code, test.why)
	}
}

// TestOtherProtocolInText shows that a text message does not count as one of y-websocket.
func TestOtherProtocolInText(t *testing.T) {
	c := dial(t, newWorld(t, usersByToken), "/realtime/records/a", protocolHeader+": auth.ann")
	c.send(gws.OpcodeText, []byte(`{"type":"ping"}`))
	c.mustClose(closeOtherProtocol, errOtherProtocol.Reason)
}

// TestUnknownMessageLater shows that an unknown message is ignored after a message of y-websocket,
// and that no first message of a JSON client closes its connection.
func TestUnknownMessageLater(t *testing.T) {
	w := newWorld(t, usersByToken)
	for name, first := range map[string][]byte{
		"step 1":         {0, 0, 1, 0},
		"step 2":         {0, 1, 2, 0, 0},
		"awareness":      {1, 1, 0},
		"query":          {3},
		"several in one": {0, 0, 1, 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, w, "/realtime/records/a?token=ann")
			c.send(gws.OpcodeBinary, first)
			c.send(gws.OpcodeBinary, []byte{102, 1, 0})
			c.send(gws.OpcodeBinary, hocuspocus("by-law-7", 0, "\x00\x01\x00"))
			c.send(gws.OpcodePing, []byte("there"))
			if got := string(c.await(gws.OpcodePong)); got != "there" {
				t.Errorf("pong %q", got)
			}
		})
	}
	for _, first := range []string{"40", "{}", `{"type":"dance"}`, `["join"]`, ""} {
		c := dial(t, w, "/realtime/records/a?token=ann", noProtocol)
		c.send(gws.OpcodeText, []byte(first))
		c.awaitJSON("room_state")
		c.send(gws.OpcodeText, []byte(`{"type":"ping"}`))
		c.awaitJSON("pong")
	}
}
