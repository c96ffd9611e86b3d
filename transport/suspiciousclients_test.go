package transport

import (
	"fmt"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/suspicious"
)

// TestSuspiciousPatterns drives each pattern through a server, and shows that it is logged as a
// warning with the client's address, counted once, and that nothing else is reported. No token is
// logged.
func TestSuspiciousPatterns(t *testing.T) {
	const home, records = "192.0.2.7", "/realtime/records/"
	token := signToken(t, setClaim("records", []any{recordEntry("mine", "edit")}))
	for p, test := range map[suspicious.Pattern]struct {
		do  func(w *world, i int)
		has []string
	}{
		suspicious.RapidConnections: {func(w *world, i int) {
			dial(w.t, w, records+"mine?token="+token, from(home)).receive(protocol.SyncRequest)
		}, nil},
		suspicious.FailedSignIns: {func(w *world, i int) {
			dial(w.t, w, records+fmt.Sprintf("mine?token=wrong%d", i), from(home)).mustClose(engine.CloseAuthFailed, "token malformed")
		}, nil},
		suspicious.InvalidMessages: {func(w *world, i int) {
			c := dial(w.t, w, records+"mine?token="+token, from(home))
			c.receive(protocol.SyncRequest)
			c.sendMessage(protocol.Update, []byte("not an update"))
			c.receive(protocol.Failure)
		}, []string{`"user":"u1"`, `"room":"record:mine"`}},
		suspicious.RefusedRecords: {func(w *world, i int) {
			dial(w.t, w, records+fmt.Sprintf("theirs%d?token=%s", i, token), from(home)).mustClose(engine.CloseForbidden, "no access to this record")
		}, []string{`"user":"u1"`, `"room":"record:theirs2"`}},
		suspicious.TokenAddresses: {func(w *world, i int) {
			dial(w.t, w, records+"mine?token="+token, from(fmt.Sprintf("192.0.2.%d", 5+i))).receive(protocol.SyncRequest)
		}, []string{`"user":"u1"`}},
	} {
		t.Run(p.String(), func(t *testing.T) {
			few := suspicious.Config{Connections: 3, SignIns: 3, Messages: 3, Records: 3, Addresses: 3}
			if p != suspicious.RapidConnections {
				few.Connections = 100
			}
			h := &testClock{}
			w := newWorld(t, withAuth(testJWT), proxied(Config{Suspicious: few}), holdingBack(h))
			for i := range 2 {
				test.do(w, i)
			}
			name := fmt.Sprintf("realtime_suspicious_total{pattern=%q}", p)
			w.mustCount(name, 0)
			test.do(w, 2)
			w.mustLog(append(test.has, "suspicious behaviour", `"WARN"`, fmt.Sprintf(`"pattern":%q`, p),
				`"client":"`+home+`"`, `"remote":"127.0.0.1`, `"events":3`, `"within":`)...)
			test.do(w, 3)
			w.mustCount(name, 1)
			for other := range suspicious.Pattern(suspicious.Patterns) {
				if other != p {
					w.mustCount(fmt.Sprintf("realtime_suspicious_total{pattern=%q}", other), 0)
				}
			}
			if n := strings.Count(w.log.String(), "suspicious behaviour"); n != 1 {
				t.Errorf("%d lines", n)
			}
			w.mustNotLog(token)
		})
	}
}

// TestMalformedMessagesAreSuspicious shows that malformed messages, and fresh tokens that are not
// valid, count too, while the connection stays open.
func TestMalformedMessagesAreSuspicious(t *testing.T) {
	w := newWorld(t, withAuth(testJWT), proxied(Config{Suspicious: suspicious.Config{Messages: 2, SignIns: 2}}))
	c := dial(t, w, "/realtime/records/a?token="+signToken(t, nil), from("192.0.2.7"), "Sec-WebSocket-Protocol: civicpress.v1.json")
	c.awaitJSON("room_state")
	for range 2 {
		c.send(1, []byte(`{"type":"sync"}`))
		c.awaitJSON("error")
	}
	w.mustLog("suspicious behaviour", "invalid_messages", `"user":"u1"`, `"client":"192.0.2.7"`)
	for range 2 {
		c.send(1, []byte(`{"type":"control","event":"auth","token":"bad"}`))
		c.awaitJSON("error")
	}
	w.mustLog("suspicious behaviour", "failed_sign_ins", `"client":"192.0.2.7"`)
}
