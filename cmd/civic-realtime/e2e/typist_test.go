package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// typist is a y-websocket client in Go that types words until it is stopped, and reconnects at once
// whenever it is closed. It knows what it was sent, and checks at each connect that the server has
// all of that.
type typist struct {
	t    *testing.T
	addr string
	tls  bool
	room string
	id   uint64        // in documents
	rest time.Duration // between two words

	mu       sync.Mutex // guards everything below
	shown    ydoc.Doc   // everything that the server has sent, which includes what it acknowledged
	typed    uint64     // clock after the last word
	synced   bool
	closes   []ending
	joined   time.Time // when it was last sent a room's state vector
	failures []string  // attempts to connect that failed, and connections that ended without a close
	lost     []string
}

// ending is a close frame, and when it came.
type ending struct {
	code int
	at   time.Time
}

const (
	wordLength   = 5
	typingPause  = 25 * time.Millisecond
	reconnecting = 20 * time.Millisecond
)

// newTypist returns a client of a room, whose number in documents is id.
func newTypist(s *server, room string, id uint64) *typist {
	return &typist{t: s.t, addr: s.addr, tls: s.secure() != "", room: room, id: id, rest: typingPause}
}

// run types until ctx is done.
func (c *typist) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := c.session(ctx); err != nil && ctx.Err() == nil {
			c.mu.Lock()
			c.failures = append(c.failures, err.Error())
			c.mu.Unlock()
		}
		time.Sleep(reconnecting)
	}
}

// session is one connection. Its error is nil if the server has ended it with a close frame.
func (c *typist) session(ctx context.Context) error {
	conn, r, err := handshake(ctx, c.addr, c.tls, "/realtime/records/"+c.room)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	typing, end := context.WithCancel(ctx)
	defer end()
	c.mu.Lock()
	c.synced = false
	have := c.shown.AppendStateVector(nil)
	c.mu.Unlock()
	if err := send(conn, protocol.SyncRequest, have); err != nil {
		return err
	}
	for {
		head, payload, err := rawframe.Read(r)
		if err != nil {
			return fmt.Errorf("ended without a close frame: %w", err)
		}
		switch rawframe.Opcode(head) {
		case opClose:
			code, _ := rawframe.CloseCode(payload)
			_, _ = conn.Write(frame(fin|opClose, string(payload)))
			c.mu.Lock()
			c.closes, c.synced = append(c.closes, ending{code, time.Now()}), false
			c.mu.Unlock()
			return nil
		case opBinary:
			if err := c.receive(typing, conn, payload); err != nil {
				return err
			}
		}
	}
}

// receive processes a message. When the server asks for updates, the client checks what the server
// has, sends what it lacks, and goes on typing.
func (c *typist) receive(typing context.Context, conn net.Conn, payload []byte) error {
	var m protocol.Message
	if _, err := (protocol.YWebsocket{}).Next(payload, &m); err != nil {
		return err
	}
	switch m.Kind {
	case protocol.Update, protocol.SyncReply:
		u, err := yjs.CheckUpdate(m.Body)
		if err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.shown.Apply(u)
	case protocol.SyncRequest:
		has, err := yjs.ParseStateVector(nil, m.Body)
		if err != nil {
			return err
		}
		c.mu.Lock()
		first := !c.synced
		c.synced, c.joined = true, time.Now()
		c.checkHas(has)
		from, _ := has.Clock(c.id)
		to := c.typed
		c.mu.Unlock()
		for ; from < to; from += wordLength {
			if err := send(conn, protocol.Update, c.word(from)); err != nil {
				return nil // the reader sees why
			}
		}
		if first {
			go c.typeInto(typing, conn)
		}
	}
	return nil
}

// checkHas notes what the server lacks of what it has sent to this client; mu is held.
func (c *typist) checkHas(has yjs.StateVector) {
	for client := range c.shown.Clients() {
		if clock, _ := has.Clock(client); clock < c.shown.Clock(client) {
			c.lost = append(c.lost, fmt.Sprintf("of client %d the server has %d of %d letters that it has sent to client %d",
				client, clock, c.shown.Clock(client), c.id))
		}
	}
}

// typeInto types a word now and then.
func (c *typist) typeInto(ctx context.Context, conn net.Conn) {
	for ctx.Err() == nil {
		c.mu.Lock()
		from := c.typed
		c.typed += wordLength
		c.mu.Unlock()
		if send(conn, protocol.Update, c.word(from)) != nil {
			return
		}
		time.Sleep(c.rest)
	}
}

// word returns the update with the word that begins at a clock.
func (c *typist) word(clock uint64) []byte {
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: c.id, Clock: clock})
	if clock == 0 {
		b = lib0.AppendString(append(b, yjs.RefString, 1), "text")
	} else {
		b = yjs.AppendID(append(b, yjs.RefString|0x80), yjs.ID{Client: c.id, Clock: clock - 1})
	}
	return append(lib0.AppendString(b, fmt.Sprintf("%05d", clock/wordLength%100_000)), 0)
}

// send sends a message of y-websocket.
func send(conn net.Conn, k protocol.Kind, body []byte) error {
	payload := protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: k, Body: body})
	_, err := conn.Write(frame(fin|opBinary, string(payload)))
	return err
}

// handshake opens a WebSocket, over TLS if secure. A server that takes long is no error.
func handshake(ctx context.Context, addr string, secure bool, target string) (net.Conn, *bufio.Reader, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	if secure {
		conn = tls.Client(conn, &tls.Config{RootCAs: testCA.pool, ServerName: "localhost"})
	}
	_ = conn.SetDeadline(time.Now().Add(10 * patience))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: y-websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", target, addr)
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err == nil && resp.StatusCode != http.StatusSwitchingProtocols {
		err = errors.New(resp.Status)
	}
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("handshake: %w", err)
	}
	return conn, r, nil
}
