package transport

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// filled returns a frame with a payload of n bytes b.
func filled(b byte, n int) []byte {
	return append(websocket.AppendHeader(nil, websocket.OpBinary, true, n), bytes.Repeat([]byte{b}, n)...)
}

// TestWholeFrames shows that frames from several goroutines never interleave.
func TestWholeFrames(t *testing.T) {
	w := newWorld(t)
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	const rounds = 200
	var senders sync.WaitGroup
	senders.Go(func() {
		for i := range rounds {
			frames := make([][]byte, i%40)
			for j := range frames {
				frames[j] = filled(byte(j), j*37)
			}
			if err := c.Write(append(frames, filled('z', 100<<10)), nil); err != nil {
				t.Error(err)
				return
			}
		}
		c.Close(&engine.CloseError{Code: 4000, Reason: "done"})
	})
	senders.Go(func() {
		for range rounds {
			client.conn.Write(masked(gws.OpcodePing, []byte("ping")))
			c.ping()
		}
	})
	for {
		op, payload, err := client.next()
		if err != nil {
			t.Fatal(err)
		}
		if op == gws.OpcodeCloseConnection {
			break
		}
		if len(payload) > 0 && op == gws.OpcodeBinary && bytes.Count(payload, payload[:1]) != len(payload) {
			t.Fatalf("a frame of %d bytes is mixed", len(payload))
		}
		if (op == gws.OpcodePong) != (string(payload) == "ping") || op != gws.OpcodePong && op != gws.OpcodePing && op != gws.OpcodeBinary {
			t.Fatalf("frame with opcode %d and %d bytes", op, len(payload))
		}
	}
	senders.Wait()
}

// TestWriteLeavesFrames shows that Write does not change its caller's frames, which other
// connections share.
func TestWriteLeavesFrames(t *testing.T) {
	w := newWorld(t)
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
	frames := [][]byte{filled('a', 10), filled('b', 200), filled('c', 70<<10)}
	if err := w.only().Write(frames, nil); err != nil {
		t.Fatal(err)
	}
	for i, n := range []int{12, 204, 70<<10 + 10} {
		if len(frames[i]) != n {
			t.Errorf("frame %d has %d bytes", i, len(frames[i]))
		}
	}
}

// TestCloseTwice shows that only the first close counts, and that nothing is written after it.
func TestCloseTwice(t *testing.T) {
	w := newWorld(t)
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	c.Close(&engine.CloseError{Code: 4000, Reason: "first"})
	c.Close(&engine.CloseError{Code: 4001, Reason: "second"})
	client.mustClose(4000, "first")
	if err := c.Write([][]byte{filled('x', 1)}, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("writing afterwards: %v", err)
	}
	w.until("it is gone", func() bool { return w.conns.size() == 0 })
}

// TestCloseFromClient shows that a client's close is answered with its code.
func TestCloseFromClient(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ name, payload, answer string }{
		{"normal", "\x03\xe8bye", "\x03\xe8"},
		{"private code", "\x0f\xa1", "\x0f\xa1"},
		{"nothing", "", ""},
		{"reserved code", "\x03\xed", "\x03\xea"},
	} {
		c := dial(t, w, "/realtime/records/a")
		c.send(gws.OpcodeCloseConnection, []byte(test.payload))
		if got := string(c.await(gws.OpcodeCloseConnection)); got[:min(2, len(got))] != test.answer {
			t.Errorf("%s: answered %q", test.name, got)
		}
		c.conn.Close()
	}
}

// writeUntilFull starts writing to c until the client's window is full. The client must not read.
func writeUntilFull(c *conn) (failed chan error) {
	failed = make(chan error, 1)
	go func() {
		for {
			if err := c.Write([][]byte{filled('x', 60<<10)}, nil); err != nil {
				failed <- err
				return
			}
		}
	}()
	return failed
}

// TestStalledWriteEndsConnection shows that a connection whose client takes nothing is ended after
// StallTimeout, not before.
func TestStalledWriteEndsConnection(t *testing.T) {
	w := newWorld(t, with(Config{IdleTimeout: 1000 * time.Hour}))
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	failed := writeUntilFull(w.only())
	now := w.cfg().StallTimeout - 1
	w.advance(now)
	var err error
	w.until("the write fails", func() bool {
		select {
		case err = <-failed:
			return true
		default:
			now += w.cfg().StallTimeout // the kernel may have taken bytes until now
			w.advance(now)
			return false
		}
	})
	// net.ErrClosed is the error if a ping stalled.
	stalled := errors.Is(err, errStalled) || errors.Is(err, net.ErrClosed)
	if !stalled || w.counters.stalled.Get() != 1 {
		t.Errorf("%v, %d counted", err, w.counters.stalled.Get())
	}
	w.until("it is gone", func() bool { return w.conns.size() == 0 })
}

// TestSlowReaderIsNotStalled shows that a client that reads slowly does not count as stalled.
func TestSlowReaderIsNotStalled(t *testing.T) {
	w := newWorld(t, with(Config{IdleTimeout: 1000 * time.Hour}))
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	const size = 64 << 20 // more than any socket's buffers
	written := make(chan error, 1)
	go func() { written <- c.Write([][]byte{filled('x', size)}, nil) }()
	buf := make([]byte, 8<<20)
	for now := time.Duration(0); now < 8*w.cfg().StallTimeout*2/3; now += w.cfg().StallTimeout * 2 / 3 {
		before := c.writeWaits.Load()
		w.advance(now)
		if _, err := io.ReadFull(client.br, buf); err != nil {
			t.Fatal(err)
		}
		w.until("it writes on", func() bool { n := c.writeWaits.Load(); return n == idle || n > before || now == 0 })
	}
	go io.Copy(io.Discard, client.br)
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// TestCloseStalled shows that Close does not wait for a client that takes nothing.
func TestCloseStalled(t *testing.T) {
	w := newWorld(t, with(Config{CloseTimeout: 50 * time.Millisecond}))
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
	c := w.only()
	failed := writeUntilFull(c)
	w.until("it is writing", func() bool { return c.writeWaits.Load() != idle })
	c.Close(&engine.CloseError{Code: 4000, Reason: "enough"})
	if err := <-failed; err == nil {
		t.Error("writing succeeds")
	}
	w.until("it is gone", func() bool { return w.conns.size() == 0 })
}
