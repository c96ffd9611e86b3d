package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lxzan/gws"
)

const path = "/console/playground/"

// patience bounds every wait for something that must happen.
const patience = time.Minute

// client is a client of the JSON protocol.
type client struct {
	gws.BuiltinEventHandler
	t        *testing.T
	conn     *gws.Conn
	messages chan string
	closed   chan error
}

func (c *client) OnMessage(_ *gws.Conn, m *gws.Message) { c.messages <- string(m.Bytes()) }
func (c *client) OnClose(_ *gws.Conn, err error)        { c.closed <- err }

// join connects a client to a document over a connection.
func join(t *testing.T, over net.Conn, document string) *client {
	t.Helper()
	c := &client{t: t, messages: make(chan string, 100), closed: make(chan error, 1)}
	header := http.Header{"Sec-Websocket-Protocol": {"civicpress.v1.json"}}
	conn, _, err := gws.NewClientFromConn(c, &gws.ClientOption{Addr: "ws://playground" + path + "realtime/records/" + document, RequestHeader: header}, over)
	if err != nil {
		t.Fatal(err)
	}
	c.conn = conn
	go conn.ReadLoop()
	return c
}

func (c *client) leave() { _ = c.conn.NetConn().Close() }

// until returns the first message that contains a text.
func (c *client) until(text string) string {
	c.t.Helper()
	for end := time.After(patience); ; {
		select {
		case m := <-c.messages:
			if strings.Contains(m, text) {
				return m
			}
		case err := <-c.closed:
			c.t.Fatalf("closed before %q came: %v", text, err)
		case <-end:
			c.t.Fatalf("%q never came", text)
		}
	}
}

// closure returns how the connection has ended.
func (c *client) closure() string {
	c.t.Helper()
	select {
	case err := <-c.closed:
		return fmt.Sprint(err)
	case <-time.After(patience):
		c.t.Fatal("never closed")
	}
	return ""
}

// update inserts a text at the beginning of a document, as client 7.
func update(text string) string {
	u := append([]byte{1, 1, 7, 0, 4, 1, 4}, "text"...)
	for n := len(text); ; n >>= 7 {
		if n < 0x80 {
			u = append(u, byte(n))
			break
		}
		u = append(u, byte(n)|0x80)
	}
	u = append(append(u, text...), 0)
	return base64.StdEncoding.EncodeToString(u)
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.conn.WriteString(`{"type":"sync","update":"` + update(text) + `"}`); err != nil {
		c.t.Fatal(err)
	}
}

// listen serves a Sandbox as the admin listener does, with TLS or without, and returns what makes
// connections to it.
func listen(t *testing.T, s *Sandbox, secure bool) (dial func() net.Conn) {
	t.Helper()
	server := httptest.NewUnstartedServer(s)
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	t.Cleanup(s.Close)
	return func() net.Conn {
		t.Helper()
		var c net.Conn
		var err error
		if secure {
			c, err = tls.Dial("tcp", server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		} else {
			c, err = net.Dial("tcp", server.Listener.Addr().String())
		}
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// TestTwoPeople shows that two people write one document, over a plain listener and over TLS, and
// that the page is there without one.
func TestTwoPeople(t *testing.T) {
	for _, secure := range []bool{false, true} {
		dial := listen(t, New(path, "/console/", Config{}), secure)
		ann, bob := join(t, dial(), "hello"), join(t, dial(), "hello")
		bob.until("room_state")
		ann.until("room_state")
		ann.send("Dogs")
		ann.until(`"ack"`)
		if m := bob.until(`"sync"`); !strings.Contains(m, update("Dogs")) {
			t.Errorf("TLS %v: Bob is sent %s", secure, m)
		}
	}
}

// TestPage shows that the page is served without an engine, and says where its WebSockets are.
func TestPage(t *testing.T) {
	s := New(path, "/console/", Config{})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	if want := `data-path="/console/playground/realtime" data-home="/console/" data-temporary="true"`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if s.world != nil {
		t.Error("an engine was made for a page")
	}
}

// TestLimits shows that there are so many connections, rooms and bytes of a document, and that each
// client that is refused is told why.
func TestLimits(t *testing.T) {
	dial := listen(t, New(path, "", Config{Rooms: 2, DocumentBytes: 1000}), false)
	ann := join(t, dial(), "one")
	ann.until("room_state")
	ann.send(strings.Repeat("a", 2000))
	if m := ann.until(`"error"`); !strings.Contains(m, "TOO_LARGE") {
		t.Errorf("a document that is too large: %s", m)
	}
	join(t, dial(), "two").until("room_state")
	if why := join(t, dial(), "three").closure(); !strings.Contains(why, "too many records") {
		t.Errorf("a third room: %s", why)
	}

	dial = listen(t, New(path, "", Config{Connections: 2}), false)
	for range 2 {
		join(t, dial(), "one").until("room_state")
	}
	if why := join(t, dial(), "one").closure(); !strings.Contains(why, "too many connections") {
		t.Errorf("a third connection: %s", why)
	}
}

// TestClose shows that Close closes all connections with the code by which clients come back to
// another server, returns when everything has ended, and that nobody is served from then on.
func TestClose(t *testing.T) {
	s := New(path, "", Config{})
	dial := listen(t, s, false)
	ann := join(t, dial(), "hello")
	ann.until("room_state")
	s.Close()
	if why := ann.closure(); !strings.Contains(why, "4503") {
		t.Errorf("Ann's connection ends with %s", why)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", path+"realtime/records/hello", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("afterwards a client is answered %d", w.Code)
	}
}

// pipes is a listener of which the connections are pipes.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.ended) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// TestEndsWhenUnused shows that the engine is there while somebody is connected, however long, that
// it ends with all its goroutines when nobody has been connected for five minutes, with the
// documents, and that the next client begins another one.
func TestEndsWhenUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(path, "", Config{})
		p := &pipes{conns: make(chan net.Conn), ended: make(chan struct{})}
		server := &http.Server{Handler: s}
		go func() { _ = server.Serve(p) }()
		ann := join(t, p.dial(), "hello")
		ann.until("room_state")
		ann.send("Dogs")
		ann.until(`"ack"`)
		for range 60 { // an idle client would be disconnected
			time.Sleep(time.Minute)
			_ = ann.conn.WriteString(`{"type":"ping"}`)
		}
		if !running(s) {
			t.Error("the engine ended while somebody was connected")
		}
		ann.leave()
		time.Sleep(4 * time.Minute)
		bob := join(t, p.dial(), "hello")
		if m := bob.until("room_state"); !strings.Contains(m, update("Dogs")) {
			t.Errorf("after four minutes the document is %s", m)
		}
		bob.leave()
		time.Sleep(6*time.Minute + time.Second)
		if running(s) {
			t.Error("the engine is there after six minutes without clients")
		}
		synctest.Wait()
		cat := join(t, p.dial(), "hello")
		if m := cat.until("room_state"); strings.Contains(m, update("Dogs")) {
			t.Errorf("the document has outlived the engine: %s", m)
		}
		if metrics := metricsOf(s); !strings.Contains(metrics, "realtime_playground_connections 1\n") || !strings.Contains(metrics, "realtime_playground_started_total 2\n") {
			t.Errorf("the metrics are\n%s", metrics)
		}
		s.Close()
		cat.leave()
		_ = server.Shutdown(context.Background())
	}) // fails while a goroutine is left
}

func running(s *Sandbox) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world != nil
}

func metricsOf(s *Sandbox) string {
	var b bytes.Buffer
	s.WriteMetrics(&b)
	return b.String()
}

// TestReconfigure shows that other limits count after a pause.
func TestReconfigure(t *testing.T) {
	s := New(path, "", Config{Connections: 3})
	if s.Reconfigure(Config{Connections: 4}); !strings.Contains(metricsOf(s), "realtime_playground_max_connections 4\n") {
		t.Errorf("the metrics are\n%s", metricsOf(s))
	}
}

// TestNotAWebSocket shows that a request that asks for no WebSocket is answered so, and that its
// connection is not taken.
func TestNotAWebSocket(t *testing.T) {
	dial := listen(t, New(path, "", Config{}), false)
	c := dial()
	defer c.Close()
	_, _ = io.WriteString(c, "GET "+path+"realtime/records/hello HTTP/1.1\r\nHost: playground\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || answer.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("%v, %v", answer, err)
	}
}
