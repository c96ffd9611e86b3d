package transport

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

const (
	noProtocol   = protocolHeader + ": mqtt"
	jsonProtocol = protocolHeader + ": civicpress.v1.json"
)

// awaitJSON reads JSON messages until one has this event or, without an event, this type.
func (c *client) awaitJSON(event string) (m map[string]any) {
	c.t.Helper()
	for {
		m = nil
		if err := json.Unmarshal(c.await(gws.OpcodeText), &m); err != nil {
			c.t.Fatal(err)
		}
		if m["event"] == event || m["event"] == nil && m["type"] == event {
			return m
		}
	}
}

func (c *client) errorCode() any {
	c.t.Helper()
	return c.awaitJSON("error")["error"].(map[string]any)["code"]
}

// TestFirstFrameDecides shows that the first message decides about the protocol of clients that
// name none that is known.
func TestFirstFrameDecides(t *testing.T) {
	w := newWorld(t, with(Config{SniffTimeout: time.Hour}))
	ask := protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.SyncRequest, Body: []byte{0}})
	for _, test := range []struct {
		name  string
		first []byte
		gets  func(*client)
	}{
		{"binary", masked(gws.OpcodeBinary, ask), func(c *client) { c.receive(protocol.SyncReply) }},
		{"text", masked(gws.OpcodeText, []byte(`{"type":"ping"}`)), func(c *client) { c.awaitJSON("room_state"); c.awaitJSON("pong") }},
		{"control, then text", append(masked(gws.OpcodePong, nil), append(masked(gws.OpcodePing, []byte("x")), masked(gws.OpcodeText, []byte(`{"type":"ping"}`))...)...),
			func(c *client) { c.awaitJSON("room_state"); c.awaitJSON("pong") }},
		{"control, then binary", append(masked(gws.OpcodePong, nil), masked(gws.OpcodeBinary, ask)...), func(c *client) { c.receive(protocol.SyncReply) }},
		{"part of a frame", masked(gws.OpcodeBinary, ask)[:1], func(c *client) { c.receive(protocol.SyncRequest) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dial(t, w, "/realtime/records/a", noProtocol)
			c.write(test.first)
			test.gets(c)
		})
		t.Run(test.name+", with the handshake", func(t *testing.T) {
			c := connect(t, w)
			c.handshake("/realtime/records/a", string(test.first), noProtocol)
			test.gets(c)
		})
	}
}

// TestSilentClient shows that a client that sends nothing gets the state of the room in JSON, and
// may still begin to speak y-websocket later.
func TestSilentClient(t *testing.T) {
	w := newWorld(t, with(Config{SniffTimeout: time.Millisecond}))
	waits := dial(t, w, "/realtime/records/a", noProtocol)
	waits.answerPing()
	waits.awaitJSON("room_state")
	waits.send(gws.OpcodeText, []byte(`{"type":"ping"}`))
	waits.awaitJSON("pong")

	slow := dial(t, w, "/realtime/records/a", noProtocol)
	slow.answerPing()
	slow.awaitJSON("room_state")
	slow.sendMessage(protocol.Update, insertion(1, 0))
	slow.receive(protocol.SyncRequest)
	slow.receive(protocol.Update)
	waits.awaitJSON("sync")
	slow.send(gws.OpcodeText, []byte(`{"type":"ping"}`)) // too late: the protocol has been chosen
	w.until("that is malformed", func() bool { return strings.Contains(w.log.String(), "invalid message") })
}

// TestSniffTimeout shows that a page that is busy for 800 ms when it opens is not taken for a
// silent client, and that a silent client is served within a second.
func TestSniffTimeout(t *testing.T) {
	const busy, served = 800 * time.Millisecond, time.Second
	if d := (Config{}).withDefaults().SniffTimeout; d <= busy || d >= served {
		t.Errorf("%v", d)
	}
}

// answerPing answers the ping by which the server finds out whether the client is silent.
func (c *client) answerPing() {
	c.t.Helper()
	c.send(gws.OpcodePong, c.await(gws.OpcodePing))
}

// TestBusyClient shows that a client is not taken for a silent one before it has answered a ping.
func TestBusyClient(t *testing.T) {
	w := newWorld(t, with(Config{SniffTimeout: time.Nanosecond, HandshakeTimeout: time.Hour}))
	c := dial(t, w, "/realtime/records/a", noProtocol)
	c.await(gws.OpcodePing)
	ask := protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.SyncRequest, Body: []byte{0}})
	c.write(append(masked(gws.OpcodeBinary, ask), masked(gws.OpcodePong, nil)...))
	c.receive(protocol.SyncReply)
	w.mustNotSendText(c)
}

// mustNotSendText reads messages for c up to the answer to a ping, and checks that none is text.
func (w *world) mustNotSendText(c *client) {
	w.t.Helper()
	c.send(gws.OpcodePing, nil)
	for {
		op, payload, err := c.next()
		if err != nil || op == gws.OpcodeText {
			w.t.Fatalf("opcode %d, %q, %v", op, payload, err)
		}
		if op == gws.OpcodePong {
			return
		}
	}
}

// TestErrorBeforeClose checks the message that each protocol has before a close.
func TestErrorBeforeClose(t *testing.T) {
	w := newWorld(t, withAuth(testJWT), with(Config{FrameBytes: 1 << 16, CloseTimeout: time.Minute}))
	good := signToken(t, nil)
	for _, test := range []struct {
		name, target string
		code         engine.CloseCode
		errorCode    string
	}{
		{"no token", "/realtime/records/a", engine.CloseAuthFailed, protocol.CodeAuthFailed},
		{"no such kind", "/realtime/dances/a?token=" + good, engine.CloseRoomNotFound, protocol.CodeRoomNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dial(t, w, test.target, jsonProtocol)
			if got := c.errorCode(); got != test.errorCode {
				t.Errorf("%v", got)
			}
			if code, reason := c.closed(); code != StandardCloseCodes.code(test.code) || reason == "" {
				t.Errorf("closed with %d %q", code, reason)
			}
		})
	}
	t.Run("frame too large", func(t *testing.T) {
		c := dial(t, w, "/realtime/records/a?token="+good, jsonProtocol)
		c.awaitJSON("room_state")
		c.send(gws.OpcodeText, []byte(fmt.Sprintf(`{"type":"ping","x":%q}`, strings.Repeat("x", skipFactor<<16))))
		if got := c.errorCode(); got != protocol.CodeMessageTooLarge {
			t.Errorf("%v", got)
		}
		c.mustClose(closeTooLarge, "message too large")
	})
}

// TestFreshToken shows that a connection takes over a fresh token of the same user, ignores an
// invalid one, and ends with one that does not open the room.
func TestFreshToken(t *testing.T) {
	expiry := func(s time.Duration) func(map[string]any) { return setClaim("exp", time.Now().Add(s).Unix()) }
	short, long := signToken(t, expiry(time.Minute)), signToken(t, expiry(time.Hour))
	t.Run("JSON", func(t *testing.T) {
		w := newWorld(t, withAuth(testJWT))
		c := dial(t, w, "/realtime/records/a?token="+short, jsonProtocol)
		c.awaitJSON("room_state")
		c.send(gws.OpcodeText, []byte(`{"type":"control","event":"auth","token":"`+long+`"}`))
		if ends := int64(c.awaitJSON("auth")["expires"].(float64)); ends < time.Now().Add(50*time.Minute).UnixMilli() {
			t.Errorf("it ends at %d", ends)
		}
		w.settle()
		w.tick(time.Now().Add(10*time.Minute), 0)
		if w.counters.expired.Get() != 0 || w.counters.renewed.Get() != 1 {
			t.Error("it ends with the old token")
		}
		w.mustNotLog(long)
	})
	t.Run("y-websocket", func(t *testing.T) {
		w := newWorld(t, withAuth(testJWT))
		c := dial(t, w, "/realtime/records/a?token="+short)
		c.receive(protocol.SyncRequest)
		c.sendMessage(protocol.Auth, []byte(long))
		c.sendMessage(protocol.Update, insertion(1, 0))
		c.receive(protocol.Update)
		if w.counters.renewed.Get() != 1 {
			t.Error("not taken")
		}
	})
	for _, test := range []struct {
		name  string
		token string
		code  engine.CloseCode // 0: the connection stays
	}{
		{"garbage", "garbage", 0},
		{"another user's", signToken(t, setClaim("sub", "mallory")), 0},
		{"not for the record", signToken(t, setClaim("records", []any{recordEntry("b", "edit")})), engine.CloseForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, withAuth(testJWT))
			c := dial(t, w, "/realtime/records/a?token="+short, jsonProtocol)
			c.awaitJSON("room_state")
			c.send(gws.OpcodeText, []byte(`{"type":"control","event":"auth","token":"`+test.token+`"}`))
			want := protocol.CodeAuthFailed
			if test.code != 0 {
				want = protocol.CodePermissionDenied
			}
			if got := c.errorCode(); got != want {
				t.Errorf("%v", got)
			}
			defer w.mustNotLog(test.token)
			if test.code == 0 {
				c.send(gws.OpcodeText, []byte(`{"type":"ping"}`))
				c.awaitJSON("pong")
			} else if code, _ := c.closed(); code != StandardCloseCodes.code(test.code) {
				t.Errorf("closed with %d", code)
			}
		})
	}
	t.Run("to view only", func(t *testing.T) {
		w := newWorld(t, withAuth(testJWT))
		c := dial(t, w, "/realtime/records/a?token="+short)
		c.receive(protocol.SyncRequest)
		c.sendMessage(protocol.Auth, []byte(signToken(t, setClaim("records", []any{recordEntry("a", "view")}))))
		w.until("it is renewed", func() bool { return w.counters.renewed.Get() == 1 })
		w.awaitMayWrite(w.only(), false)
		c.sendMessage(protocol.Update, insertion(1, 0))
		if reason := string(c.receive(protocol.Failure)); reason != "read-only" {
			t.Errorf("denied because %q", reason)
		}
	})
}

// TestExpiryInJSON shows that JSON clients are sent the reason for the end of their session.
func TestExpiryInJSON(t *testing.T) {
	w := newWorld(t, withAuth(testJWT))
	c := dial(t, w, "/realtime/records/a?token="+signToken(t, nil), jsonProtocol)
	c.awaitJSON("room_state")
	w.settle()
	w.tick(time.Now().Add(24*time.Hour), 0)
	if got := c.errorCode(); got != protocol.CodeAuthFailed {
		t.Errorf("%v", got)
	}
	c.mustClose(engine.CloseExpired, "session expired")
}

// TestPolicy shows that policies refuse sessions in spite of a token that grants access.
func TestPolicy(t *testing.T) {
	view := signToken(t, setClaim("records", []any{recordEntry("a", "view")}))
	clerk := signToken(t, setClaim("roles", []string{"clerk", "printer"}))
	for _, test := range []struct {
		name, token string
		cfg         Config
		reason      string
	}{
		{"viewers are admitted", view, Config{}, ""},
		{"viewers are not", view, Config{NoViewers: true}, "no permission to edit this record"},
		{"one of the roles", clerk, Config{Roles: []string{"mayor", "clerk"}}, ""},
		{"none of the roles", clerk, Config{Roles: []string{"mayor"}}, "no role that may take part"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, withAuth(testJWT), with(test.cfg))
			c := dial(t, w, "/realtime/records/a?token="+test.token)
			if test.reason == "" {
				c.receive(protocol.SyncRequest)
				return
			}
			c.receive(protocol.Failure)
			c.mustClose(engine.CloseForbidden, test.reason)
		})
	}
}
