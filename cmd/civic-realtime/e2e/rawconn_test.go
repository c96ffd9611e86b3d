package e2e

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A rawConn is a WebSocket connection without a library, for what libraries refuse to send.
type rawConn struct {
	net.Conn
	r *bufio.Reader
}

// dialRaw upgrades a connection to target, which is sent as it is.
func dialRaw(t *testing.T, s *server, target string) *rawConn {
	t.Helper()
	return dialRawBy(t, &net.Dialer{}, s, target)
}

// dialRawFrom does so through a proxy, as the server sees it, that is asked by an address.
func dialRawFrom(t *testing.T, ip string, s *server, target string) *rawConn {
	t.Helper()
	return dialRawWith(t, &net.Dialer{}, s, target, "X-Forwarded-For: "+ip+"\r\n")
}

// dialRawBy does so with a dialer that may change the socket.
func dialRawBy(t *testing.T, by *net.Dialer, s *server, target string) *rawConn {
	t.Helper()
	return dialRawWith(t, by, s, target, "")
}

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

const (
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	fin      = 0x80
)

// frame is one masked client frame; head is its first byte, with flags and opcode. The mask is zero.
func frame(head byte, payload string) []byte {
	b := []byte{head}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	b = append(b, 0, 0, 0, 0)
	return append(b, payload...)
}

// closeCode reads frames until a close frame and returns its code; 1005 if it has none, 1006 if the connection just ends.
func (c *rawConn) closeCode() (code int, reason string) {
	for {
		head, payload, err := c.readFrame()
		switch {
		case err != nil:
			return 1006, err.Error()
		case head&0xf != opClose:
			continue
		case len(payload) < 2:
			return 1005, ""
		}
		return int(binary.BigEndian.Uint16([]byte(payload))), payload[2:]
	}
}

// mustSay waits for a frame with an opcode.
func (c *rawConn) mustSay(t *testing.T, opcode byte) {
	t.Helper()
	for {
		head, _, err := c.readFrame()
		if err != nil {
			t.Fatal(err)
		}
		if head&0xf == opcode {
			return
		}
	}
}

func (c *rawConn) readFrame() (head byte, payload string, err error) {
	var b [10]byte
	if _, err := io.ReadFull(c.r, b[:2]); err != nil {
		return 0, "", err
	}
	size := uint64(b[1])
	switch size {
	case 126:
		_, err = io.ReadFull(c.r, b[2:4])
		size = uint64(binary.BigEndian.Uint16(b[2:4]))
	case 127:
		_, err = io.ReadFull(c.r, b[2:10])
		size = binary.BigEndian.Uint64(b[2:10])
	}
	if err != nil {
		return 0, "", err
	}
	var s strings.Builder
	_, err = io.CopyN(&s, c.r, int64(size))
	return b[0], s.String(), err
}
