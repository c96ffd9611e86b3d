package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
)

// rawConn is a WebSocket connection without a library, for messages that libraries refuse to send.
type rawConn struct {
	net.Conn
	r *bufio.Reader
}

// dialRaw makes a connection to target, which is sent unchanged.
func dialRaw(t *testing.T, s *server, target string) *rawConn {
	t.Helper()
	return dialRawWith(t, &net.Dialer{}, s, target, "")
}

// dialRawFrom is dialRaw through a proxy, as the server sees it, for a client with this address.
func dialRawFrom(t *testing.T, ip string, s *server, target string) *rawConn {
	t.Helper()
	return dialRawWith(t, &net.Dialer{}, s, target, "X-Forwarded-For: "+ip+"\r\n")
}

// dialRawWith is dialRaw with a dialer, which may configure the socket, and with headers, each with
// its end of line.
func dialRawWith(t *testing.T, by *net.Dialer, s *server, target, headers string) *rawConn {
	t.Helper()
	conn, err := by.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", target, s.addr, headers)
	c := &rawConn{conn, bufio.NewReader(conn)}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatalf("%.200s: %v", target, err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%.200s: %s", target, resp.Status)
	}
	return c
}

// First bytes of frames.
const (
	opText   = rawframe.Text
	opBinary = rawframe.Binary
	opClose  = rawframe.Close
	fin      = rawframe.Fin
)

// frame returns a frame of a client; first is its first byte, with the flags and the opcode.
func frame(first byte, payload string) []byte { return rawframe.Masked(first, payload) }

// closeCode reads until a close frame and returns its code: 1005 if it has none, 1006 if the
// connection ends without one.
func (c *rawConn) closeCode() (code int, reason string) {
	for {
		head, payload, err := c.readFrame()
		switch {
		case err != nil:
			return 1006, err.Error()
		case rawframe.Opcode(head) != opClose:
			continue
		}
		return rawframe.CloseCode([]byte(payload))
	}
}

// mustReceive waits for a frame with an opcode.
func (c *rawConn) mustReceive(t *testing.T, opcode byte) {
	t.Helper()
	for {
		head, _, err := c.readFrame()
		if err != nil {
			t.Fatal(err)
		}
		if rawframe.Opcode(head) == opcode {
			return
		}
	}
}

func (c *rawConn) readFrame() (head byte, payload string, err error) {
	head, b, err := rawframe.Read(c.r)
	return head, string(b), err
}
