package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
	"github.com/civicpress/civic-realtime/engine"
)

// client is a WebSocket client over plain TCP, so that tests can also violate the protocol.
type client struct {
	t      *testing.T
	conn   net.Conn
	br     *bufio.Reader
	answer *http.Response
}

// dial makes a WebSocket connection to target; headers are whole lines.
func dial(t *testing.T, w *world, target string, headers ...string) *client {
	t.Helper()
	c := connect(t, w)
	c.handshake(target, "", headers...)
	if c.answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%s: %s", target, c.answer.Status)
	}
	return c
}

// connect makes a TCP connection, and sends nothing.
func connect(t *testing.T, w *world) *client {
	t.Helper()
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn = w.secured(t, conn)
	conn.SetReadDeadline(time.Now().Add(patience))
	return &client{t: t, conn: conn, br: bufio.NewReader(conn)}
}

const key = "dGhlIHNhbXBsZSBub25jZQ=="

// request returns a handshake. It offers y-websocket unless headers offer something.
func request(target string, headers ...string) string {
	r := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n", target, key)
	if !slices.ContainsFunc(headers, func(h string) bool { return strings.HasPrefix(h, protocolHeader) }) {
		r += protocolHeader + ": y-websocket\r\n"
	}
	for _, h := range headers {
		r += h + "\r\n"
	}
	return r + "\r\n"
}

// handshake sends the handshake and early in one piece, and reads the answer.
func (c *client) handshake(target, early string, headers ...string) {
	c.t.Helper()
	c.write([]byte(request(target, headers...) + early))
	c.readAnswer()
}

func (c *client) readAnswer() {
	c.t.Helper()
	var err error
	if c.answer, err = http.ReadResponse(c.br, nil); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) send(op gws.Opcode, payload []byte) {
	c.t.Helper()
	c.write(masked(op, payload))
}

// sendMessage sends a message of y-websocket.
func (c *client) sendMessage(kind protocol.Kind, body []byte) {
	c.t.Helper()
	c.send(gws.OpcodeBinary, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: kind, Body: body}))
}

// masked returns a frame of a client, with a mask of zeros.
func masked(op gws.Opcode, payload []byte) []byte {
	return rawframe.Masked(rawframe.Fin|byte(op), payload)
}

// next reads a frame.
func (c *client) next() (op gws.Opcode, payload []byte, err error) {
	first, payload, err := rawframe.Read(c.br)
	return gws.Opcode(rawframe.Opcode(first)), payload, err
}

// await reads until a frame with op has come, and returns its payload.
func (c *client) await(op gws.Opcode) []byte {
	c.t.Helper()
	for {
		got, payload, err := c.next()
		if err != nil {
			c.t.Fatalf("waiting for a frame with opcode %d: %v", op, err)
		}
		if got == op {
			return payload
		}
		if got == gws.OpcodeCloseConnection {
			code, reason := rawframe.CloseCode(payload)
			c.t.Fatalf("waiting for a frame with opcode %d: closed with %d %q", op, code, reason)
		}
	}
}

// awaitAll reads until frames with all these opcodes have come, in any order.
func (c *client) awaitAll(ops ...gws.Opcode) {
	c.t.Helper()
	for len(ops) > 0 {
		got, _, err := c.next()
		if err != nil {
			c.t.Fatalf("waiting for frames with opcodes %d: %v", ops, err)
		}
		if i := slices.Index(ops, got); i >= 0 {
			ops = slices.Delete(ops, i, i+1)
		}
	}
}

// roundTrips sends a ping and waits for its pong, n times.
func (c *client) roundTrips(n int) {
	c.t.Helper()
	for range n {
		c.send(gws.OpcodePing, nil)
		c.await(gws.OpcodePong)
	}
}

// receive reads until a message of y-websocket of that kind has come, and returns its body.
func (c *client) receive(kind protocol.Kind) []byte {
	c.t.Helper()
	for {
		var m protocol.Message
		if _, err := (protocol.YWebsocket{}).Next(c.await(gws.OpcodeBinary), &m); err != nil {
			c.t.Fatal(err)
		}
		if m.Kind == kind && kind == protocol.Failure {
			return []byte(m.Text)
		}
		if m.Kind == kind {
			return m.Body
		}
	}
}

// closed reads until the close frame, answers it and checks that the server closes the connection.
func (c *client) closed() (code int, reason string) {
	c.t.Helper()
	payload := c.await(gws.OpcodeCloseConnection)
	if len(payload) < 2 {
		c.t.Fatalf("close frame with %x", payload)
	}
	// This may fail, as the server may have closed already.
	c.conn.Write(masked(gws.OpcodeCloseConnection, payload[:2]))
	if rest, err := io.ReadAll(c.br); err != nil || len(rest) > 0 {
		c.t.Errorf("after the close frame: %x, %v", rest, err)
	}
	c.conn.Close()
	return rawframe.CloseCode(payload)
}

// mustClose checks that the server closes for why, with a code of the standard set.
func (c *client) mustClose(why engine.CloseCode, reason string) {
	c.t.Helper()
	code := StandardCloseCodes.code(why)
	if gotCode, gotReason := c.closed(); gotCode != code || gotReason != reason {
		c.t.Errorf("closed with %d %q, want %d %q", gotCode, gotReason, code, reason)
	}
}
