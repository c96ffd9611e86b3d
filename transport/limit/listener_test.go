package limit

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// patience bounds every wait for something that must happen. It claims nothing about speed.
const patience = 30 * time.Second

// until waits for a condition that another goroutine is about to make true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not yet", what)
		}
	}
}

// listen returns a Listener on a free port, with a clock that the caller moves.
func listen(t *testing.T, slots int) (g *Listener, clock *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	clock = new(atomic.Int64)
	g = NewListener(l, ListenerConfig{
		Slots: slots, Log: slog.New(slog.DiscardHandler), Evicted: metrics.NewSet().NewCounter("evicted"),
		Allow: func(net.Conn) (bool, time.Duration) { return false, 0 },
		Now:   func() time.Duration { return time.Duration(clock.Load()) },
	})
	t.Cleanup(func() { g.Close() })
	return g, clock
}

func dial(t *testing.T, g *Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", g.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (g *Listener) acceptWaits() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waits
}

func (g *Listener) answering() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for e := g.within.Front(); e != nil; e = e.Next() {
		if e.Value.(*Handshake).stage == answersHTTP {
			n++
		}
	}
	return n
}

// TestEvictSlowAfterHeader shows that clients that announce a body and send none, or do not read
// their answer, do not keep their slots.
func TestEvictSlowAfterHeader(t *testing.T) {
	g, clock := listen(t, 3)
	server := &http.Server{ConnState: g.ConnState, ConnContext: ConnContext, Handler: http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) { AnswersHTTP(r) })}
	go server.Serve(g)
	t.Cleanup(func() { server.Close() })
	var slow []net.Conn
	for range 3 {
		c := dial(t, g)
		if _, err := io.WriteString(c, "POST /healthz HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
	}
	until(t, "all are being answered", func() bool { return g.answering() == 3 })
	clock.Add(int64(answerGrace))
	next := dial(t, g)
	if _, err := io.WriteString(next, "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	next.SetDeadline(time.Now().Add(patience))
	if answer, err := io.ReadAll(next); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
		t.Errorf("%q, %v", answer, err)
	}
	slow[0].SetDeadline(time.Now().Add(patience))
	if _, err := io.ReadAll(slow[0]); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Error("the oldest connection is still there")
	}
	if n := g.cfg.Evicted.Get(); n != 1 {
		t.Errorf("%d evicted", n)
	}
}

// TestNoEvictionWhileServerIsBehind shows that no connection is evicted whose bytes have come and
// wait for the server, nor one whose client has just come; the next connection then waits, too.
func TestNoEvictionWhileServerIsBehind(t *testing.T) {
	g, clock := listen(t, 2)
	send := func() net.Conn {
		near := dial(t, g)
		near.Write([]byte("12"))
		far, err := g.Accept()
		if err != nil {
			t.Fatal(err)
		}
		until(t, "the bytes have come", func() bool { return netpoll.HasUnread(far.(*Handshake).Conn) })
		return far
	}
	first, second := send(), send()
	dial(t, g)
	accepted := make(chan error, 1)
	go func() {
		_, err := g.Accept()
		accepted <- err
	}()
	until(t, "Accept waits", g.acceptWaits)
	if _, err := io.ReadFull(second, make([]byte, 2)); err != nil { // everything that had come
		t.Fatal(err)
	}
	if !g.acceptWaits() || g.Held() != 2 || g.cfg.Evicted.Get() != 0 {
		t.Fatal("a connection is closed")
	}
	ended := make(chan error, 1)
	go func() {
		_, err := second.Read(make([]byte, 1)) // from here on the server waits for the client
		ended <- err
	}()
	until(t, "the server waits for the client", second.(*Handshake).reads.Load)
	clock.Add(int64(headerGrace) - 1)
	g.change.Broadcast()
	if !g.acceptWaits() || g.Held() != 2 || g.cfg.Evicted.Get() != 0 {
		t.Fatal("a client that has just come is closed")
	}
	clock.Add(1)
	if err := <-ended; err == nil {
		t.Error("it is still read")
	}
	if err := <-accepted; err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(first, make([]byte, 2)); err != nil {
		t.Errorf("the first connection: %v", err)
	}
}

// TestCloseEndsAccept shows that Accept returns when the listener is closed, also while it waits
// for a slot.
func TestCloseEndsAccept(t *testing.T) {
	g, _ := listen(t, 1)
	ended := make(chan error)
	for range 2 {
		dial(t, g)
		go func() {
			_, err := g.Accept()
			ended <- err
		}()
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	until(t, "the other waits", g.acceptWaits)
	g.Close()
	if err := <-ended; err == nil {
		t.Error("it is accepted")
	}
}
