package fanout

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait for something that must happen.
const patience = 30 * time.Second

// node is a server with a listener of its own, whose clock goes ahead.
type node struct {
	*Server
	address string
	end     func()
}

// startNode starts a node that answers each call with its path.
func startNode(t *testing.T, name, secret string) *node {
	t.Helper()
	calls := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, name+" "+r.Method+" "+r.URL.Path)
	})
	s := NewServer(ServerConfig{
		Secret: secret, Calls: calls, Self: func() Answer { return Answer{Name: name, SeesShared: true} },
	}, slog.New(slog.DiscardHandler))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.Take(c)
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	n := &node{Server: s, address: l.Addr().String()}
	n.end = func() {
		cancel()
		_ = l.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ended <- nil
	}
	t.Cleanup(n.end)
	return n
}

func newCaller(t *testing.T, secret string) *Caller {
	c := NewCaller(secret, nil)
	t.Cleanup(c.Close)
	return c
}

// call returns the answer to a request, or the error.
func call(t *testing.T, c *Caller, address, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequest(http.MethodPost, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Call(ctx, address, r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCall shows that a call with the nodes' secret is answered, that one with another secret is
// not, and that a node which has ended cannot be called.
func TestCall(t *testing.T) {
	n := startNode(t, "a", "s3cret")
	if got := call(t, newCaller(t, "s3cret"), n.address, "/v1/x"); got != "a POST /v1/x" {
		t.Error(got)
	}
	if got := call(t, newCaller(t, "other"), n.address, "/v1/x"); !strings.Contains(got, "another secret") {
		t.Error(got)
	}
	n.SetSecret("other")
	if got := call(t, newCaller(t, "other"), n.address, "/v1/x"); got != "a POST /v1/x" {
		t.Errorf("with the new secret: %s", got)
	}
	n.SetSecret("s3cret")
	n.end()
	if got := call(t, newCaller(t, "s3cret"), n.address, "/v1/x"); strings.Contains(got, "POST") {
		t.Error(got)
	}
}

// TestProbe shows what a probe returns, and that of the differences of clocks what is sure is
// measured, for the time that it is known.
func TestProbe(t *testing.T) {
	n, c := startNode(t, "a", "s"), newCaller(t, "s")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, took, ahead, err := c.Probe(ctx, n.address)
	if err != nil || answer.Name != "a" || !answer.SeesShared || took <= 0 || ahead.Abs() > took {
		t.Errorf("%+v, %v, %v, %v", answer, took, ahead, err)
	}
	k := NewClocks(c)
	if sees, err := k.Ask(ctx, n.address); !sees || err != nil || len(k.ahead) != 1 {
		t.Errorf("%v, %v", sees, err)
	}
	if a, b := sure(-3*time.Second, 2*time.Second), sure(time.Second, 3*time.Second); a != 2*time.Second || b != 0 {
		t.Errorf("%v, %v", a, b)
	}
	at := time.Now()
	k.ahead["other"] = difference{3 * time.Second, at}
	if d := k.largest(at); d != 3*time.Second {
		t.Errorf("%v", d)
	}
	if d := k.largest(at.Add(2 * knownTime)); d != 0 {
		t.Errorf("%v is known for too long", d)
	}
	k.ahead["other"] = difference{3 * time.Second, at.Add(-2 * knownTime)}
	n.end()
	if _, err := k.Ask(ctx, n.address); err == nil {
		t.Error("a node that has ended answers")
	}
	next := startNode(t, "b", "s")
	if _, err := k.Ask(ctx, next.address); err != nil || len(k.ahead) != 2 {
		t.Errorf("%v, %+v", err, k.ahead)
	}
	var b bytes.Buffer
	k.WriteMetrics(&b)
	if !strings.Contains(b.String(), "realtime_cluster_clock_difference_seconds 0") {
		t.Errorf("%s", &b)
	}
}

// TestTooManyConnections shows that connections beyond the bound are closed, and that those that
// end make room.
func TestTooManyConnections(t *testing.T) {
	q := newQueue()
	for range maxConnections {
		here, there := net.Pipe()
		t.Cleanup(func() { _ = there.Close() })
		go q.put(here)
		c, err := q.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if len(q.slots) == maxConnections {
			mustClose(t, q)
			_ = c.Close()
		}
	}
	if len(q.slots) != maxConnections-1 {
		t.Errorf("%d are held", len(q.slots))
	}
	_ = q.Close()
	mustClose(t, q)
}

// mustClose checks that the queue closes another connection.
func mustClose(t *testing.T, q *queue) {
	t.Helper()
	here, there := net.Pipe()
	defer there.Close()
	q.put(here)
	if _, err := there.Read(make([]byte, 1)); err == nil {
		t.Error("it is not closed")
	}
}
