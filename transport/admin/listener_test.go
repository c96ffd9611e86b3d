package admin

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

// dial opens a connection to the server.
func (w *world) dial() net.Conn {
	w.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

// TestConnections shows that there are no more connections than allowed: those that have sent no
// request are closed for a new one, in the order in which they came, so that clients that say
// nothing keep out nobody.
func TestConnections(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Connections = 4 })
	silent := make([]net.Conn, 6)
	for i := range silent {
		silent[i] = w.dial()
		_, _ = io.WriteString(silent[i], "GET /version HT")
	}
	for i, c := range silent[:2] {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("connection %d got an answer", i)
		}
	}
	w.must(200, "1.2.3", "GET", "/version", "") // takes the place of the third
	if _, err := silent[2].Read(make([]byte, 1)); err == nil {
		t.Error("the third got an answer")
	}
	_, _ = io.WriteString(silent[5], "TP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "+testToken+"\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(silent[5]), nil)
	if err != nil || resp.StatusCode != 200 {
		t.Errorf("the last: %v, %v", resp, err)
	}
	w.mustCount(`realtime_admin_refused_total{reason="connections"}`, "3")
	w.mustCount("realtime_admin_connections", "4")
}

// TestConnectionsWithRequests shows that connections with a request are not closed for new ones.
func TestConnectionsWithRequests(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Connections = 2 })
	first, second := w.stream(""), w.stream("")
	c := w.dial()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("a third connection is served")
	}
	w.mustCount(`realtime_admin_refused_total{reason="connections"}`, "1")
	first.Body.Close()
	w.until("one stream", func() bool { return w.count("realtime_admin_streams") == "1" })
	w.must(200, "1.2.3", "GET", "/version", "")
	second.Body.Close()
}

// until waits for a condition.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s", what)
		}
	}
}

// TestNobodyAsks shows that the server has two goroutines before anybody has asked and when all
// have got their answers, and that it then counts nobody.
func TestNobodyAsks(t *testing.T) {
	w := newWorld(t, nil)
	goroutines := func() (n int) {
		var b bytes.Buffer
		_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
		for stack := range strings.SplitSeq(b.String(), "\n\n") {
			if strings.Contains(stack, "http.(*Server).Serve(") || strings.Contains(stack, "admin.(*Server).Serve(") || strings.Contains(stack, "http.(*conn).serve(") {
				n++
			}
		}
		return n
	}
	w.until("two goroutines", func() bool { return goroutines() == 2 })
	stream := w.stream("")
	w.must(200, "1.2.3", "GET", "/version", "")
	w.until("more goroutines", func() bool { return goroutines() > 2 })
	stream.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	w.until("two goroutines again", func() bool { return goroutines() == 2 })
	w.until("no connection", func() bool { return w.count("realtime_admin_connections") == "0" })
	w.mustCount("realtime_admin_streams", "0")
}
