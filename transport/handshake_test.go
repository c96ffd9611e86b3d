package transport

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// TestSubprotocolInAnswer checks the subprotocol in the answer to a handshake.
func TestSubprotocolInAnswer(t *testing.T) {
	w := newWorld(t)
	for _, test := range subprotocolCases {
		t.Run(test.name, func(t *testing.T) {
			c := dial(t, w, "/realtime/records/echo", protocolHeader+": "+test.offered)
			if got := c.answer.Header.Values(protocolHeader); strings.Join(got, "|") != test.want {
				t.Errorf("answer names %q, want %q", got, test.want)
			}
			c.conn.Close()
			w.until("it is gone", func() bool { return w.conns.size() == 0 })
		})
	}
}

// TestAcceptKey checks Sec-WebSocket-Accept with the example of RFC 6455, 1.3.
func TestAcceptKey(t *testing.T) {
	c := dial(t, newWorld(t), "/realtime/records/a", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
	if got := c.answer.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("%q", got)
	}
	if got := c.answer.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("extensions %q", got)
	}
}

// TestTokenSources shows that a token may be sent in each way, and that a client without one is
// refused.
func TestTokenSources(t *testing.T) {
	w := newWorld(t, withAuth(testJWT))
	token := signToken(t, nil)
	for _, test := range []struct{ name, target, header string }{
		{"header", "/realtime/records/a", "Authorization: Bearer " + token},
		{"subprotocol", "/realtime/records/a", protocolHeader + ": auth." + token},
		{"bare subprotocol", "/realtime/records/a", protocolHeader + ": " + token},
		{"path of CivicPress' service", "/realtime/record/a", protocolHeader + ": auth." + token},
		{"query", "/realtime/records/a?token=" + token, "X-Nothing: more"},
		{"doubled prefix", "/realtime/realtime/records/a?token=" + token, "X-Nothing: more"},
	} {
		t.Run(test.name, func(t *testing.T) { dial(t, w, test.target, test.header).receive(protocol.SyncRequest) })
	}
	if strings.Contains(w.log.String(), token) {
		t.Errorf("the log has the token:\n%s", w.log)
	}
}

// TestNotAnUpgrade checks the answers to requests that are not an opening handshake.
func TestNotAnUpgrade(t *testing.T) {
	w := newWorld(t)
	good := request("/realtime/records/a")
	for _, test := range []struct {
		name, from, to string
		status         int
		header, value  string
	}{
		{"plain GET", "Upgrade: websocket\r\n", "", http.StatusUpgradeRequired, "Upgrade", "websocket"},
		{"other upgrade", "Upgrade: websocket", "Upgrade: h2c", http.StatusUpgradeRequired, "Upgrade", "websocket"},
		{"connection kept", "keep-alive, Upgrade", "keep-alive", http.StatusUpgradeRequired, "Upgrade", "websocket"},
		{"old version", "Version: 13", "Version: 8", http.StatusUpgradeRequired, "Sec-WebSocket-Version", "13"},
		{"no key", "Sec-WebSocket-Key: " + key + "\r\n", "", http.StatusBadRequest, "", ""},
		{"short key", key, "c2hvcnQ=", http.StatusBadRequest, "", ""},
		{"POST", "GET", "POST", http.StatusMethodNotAllowed, "Allow", "GET"},
		{"HTTP/1.0", "HTTP/1.1", "HTTP/1.0", http.StatusHTTPVersionNotSupported, "", ""},
		{"two keys", "Sec-WebSocket-Key: " + key, "Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Key: " + key, http.StatusBadRequest, "", ""},
		{"two keys in a line", key, key + ", " + key, http.StatusBadRequest, "", ""},
		{"two versions", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8", http.StatusBadRequest, "", ""},
		{"the version twice", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13", http.StatusBadRequest, "", ""},
		{"two versions in a line", "Version: 13", "Version: 13, 8", http.StatusUpgradeRequired, "Sec-WebSocket-Version", "13"},
		{"body", "Host: test\r\n", "Host: test\r\nContent-Length: 1\r\n", http.StatusBadRequest, "", ""},
		{"body in chunks", "Host: test\r\n", "Host: test\r\nTransfer-Encoding: chunked\r\n", http.StatusBadRequest, "", ""},
		{"other upgrades", "Upgrade: websocket", "Upgrade: h2c, websocket2", http.StatusUpgradeRequired, "Upgrade", "websocket"},
		{"connection not upgraded", "keep-alive, Upgrade", "keep-alive, Upgraded", http.StatusUpgradeRequired, "Upgrade", "websocket"},
		{"huge header", "Host: test", "Host: test\r\nCookie: " + strings.Repeat("a", 64<<10), http.StatusRequestHeaderFieldsTooLarge, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, w)
			// This may fail, as a huge request is cut off.
			c.conn.Write([]byte(strings.Replace(good, test.from, test.to, 1)))
			c.readAnswer()
			if c.answer.StatusCode != test.status || c.answer.Header.Get(test.header) != test.value {
				t.Errorf("%s, %s: %q", c.answer.Status, test.header, c.answer.Header.Get(test.header))
			}
		})
	}
	w.until("their slots are free", func() bool { return w.conns.size() == 0 })
}

// TestUpgradeHeaders shows that lists in headers may be split over several lines, and written in
// any case.
func TestUpgradeHeaders(t *testing.T) {
	w := newWorld(t)
	good := request("/realtime/records/a")
	for name, headers := range map[string]string{
		"Connection in two lines":           "Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
		"Connection in two lines, reversed": "Connection: Upgrade\r\nConnection: keep-alive\r\nUpgrade: websocket\r\n",
		"Upgrade with another":              "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n",
		"Upgrade behind another":            "Connection: Upgrade\r\nUpgrade: h2c,websocket\r\n",
		"Upgrade in two lines":              "Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
		"letters":                           "Connection: KEEP-ALIVE , upgrade\r\nUpgrade: WebSocket\r\n",
		"empty items":                       "Connection: , Upgrade,\r\nUpgrade: websocket\r\n",
		"no content":                        "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, w)
			c.write([]byte(strings.Replace(good, "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n", headers, 1)))
			if c.readAnswer(); c.answer.StatusCode != http.StatusSwitchingProtocols {
				t.Fatal(c.answer.Status)
			}
			c.receive(protocol.SyncRequest)
		})
	}
}

// TestEarlyFrames shows that frames in the same packet as the handshake are processed.
func TestEarlyFrames(t *testing.T) {
	w := newWorld(t)
	c := connect(t, w)
	early := masked(gws.OpcodePing, []byte("one")) // half of the next frame follows
	next := masked(gws.OpcodePing, []byte("two"))
	c.handshake("/realtime/records/early", string(early)+string(next[:3]))
	if got := string(c.await(gws.OpcodePong)); got != "one" {
		t.Errorf("pong %q", got)
	}
	c.write(next[3:])
	if got := string(c.await(gws.OpcodePong)); got != "two" {
		t.Errorf("pong %q", got)
	}
}

// TestHandshakeBound shows that unfinished handshakes are limited in number and in time.
func TestHandshakeBound(t *testing.T) {
	w := newWorld(t, with(Config{Handshakes: 2, HandshakeTimeout: 2 * time.Second}))
	joined := dial(t, w, "/realtime/records/a")
	joined.receive(protocol.SyncRequest)
	slow := []*client{connect(t, w), connect(t, w)}
	slow[0].write([]byte("GET /realtime/rec"))
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest) // takes the slot of the first
	for i, c := range slow {
		if _, err := io.ReadAll(c.br); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("slow connection %d is still there", i)
		}
	}
	joined.send(gws.OpcodePing, nil)
	joined.await(gws.OpcodePong)
}

// TestEndpoints checks the endpoints for operators.
func TestEndpoints(t *testing.T) {
	w := newWorld(t, with(Config{Build: &api.Build{Version: "1.2.3", Commit: "abc", Go: "go9"}}))
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
	w.advance(0)
	for _, test := range []struct {
		path   string
		status int
		has    string
	}{
		{"/healthz", 200, `"ok"`},
		{"/readyz", 200, `"ready"`},
		{"/version", 200, `{"version":"1.2.3","commit":"abc","go":"go9"}`},
		{"/metrics", 200, "realtime_connections 1\n"},
		{"/metrics", 200, "realtime_rooms 1\n"},
		{"/nowhere", 404, "not found"},
		{"/realtime/records/a", 426, "WebSocket"},
		{"/realtimes", 404, "not found"},
	} {
		status, body, header := w.get(test.path)
		if status != test.status || !strings.Contains(body, test.has) {
			t.Errorf("%s: %d %s", test.path, status, body)
		}
		if strings.Contains(header.Get("Content-Type"), "json") && !json.Valid([]byte(body)) {
			t.Errorf("%s: %s", test.path, body)
		}
	}
}

// TestEveryMetricOnce shows that no name of a metric is used by both engine and transport.
func TestEveryMetricOnce(t *testing.T) {
	w := newWorld(t)
	_, body, _ := w.get("/metrics")
	seen := map[string]bool{}
	for line := range strings.Lines(body) {
		name := line[:strings.LastIndexByte(line, ' ')]
		if seen[name] && name != "#" {
			t.Errorf("%s twice", name)
		}
		seen[name] = true
	}
}
