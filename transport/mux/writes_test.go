package mux

import (
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// heldConn counts writes, and holds the next one on demand.
type heldConn struct {
	net.Conn
	held chan struct{} // receives when a write is held

	mu      sync.Mutex
	count   int
	release chan struct{} // nil: nothing is to be held
}

func (c *heldConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.count++
	release := c.release
	c.release = nil
	c.mu.Unlock()
	if release != nil {
		c.held <- struct{}{}
		<-release
	}
	return c.Conn.Write(p)
}

// hold makes the next write wait, and counts from 0. The function that it returns lets it go on.
func (c *heldConn) hold() (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count, c.release = 0, make(chan struct{})
	held := c.release
	return func() { close(held) }
}

func (c *heldConn) writes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// heldWorld returns nodes whose client's writes can be held.
func heldWorld(t *testing.T) (*world, *heldConn) {
	t.Helper()
	c, s := tcpPair(t)
	held := &heldConn{Conn: c, held: make(chan struct{}, 1)}
	return connect(t, held, s), held
}

// mustTake sends all of p without waiting.
func mustTake(t *testing.T, st *Stream, p []byte) {
	t.Helper()
	if n, err := st.TryWrite(p); n != len(p) || err != nil {
		t.Fatalf("%d of %d bytes are taken, %v", n, len(p), err)
	}
}

// TestFewWrites shows that frames of many streams that come while a write is under way go out in
// one.
func TestFewWrites(t *testing.T) {
	w, conn := heldWorld(t)
	var here []*Stream
	var there []*recorder
	for range manyStreams {
		h, s := w.open(t)
		here, there = append(here, h), append(there, record(s))
	}
	release := conn.hold()
	mustTake(t, here[0], []byte("first"))
	await(t, conn.held)
	for range 10 {
		for _, st := range here {
			mustTake(t, st, []byte("0123456789"))
		}
	}
	release()
	for _, r := range there {
		r.wait(t, func() bool { return len(r.got) >= 100 })
	}
	if n := conn.writes(); n != 2 {
		t.Errorf("there were %d writes, want 2", n)
	}
}

// TestDelay shows that a frame waits for others, and not if much is to be written, or the other
// node may wait for a window or an answer.
func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := overPipe(t)
		start := time.Now()
		after := func(want time.Duration, what string) {
			t.Helper()
			if d := time.Since(start); d != want {
				t.Errorf("%s takes %v", what, d)
			}
			start = time.Now()
		}
		here, there := w.open(t)
		after(0, "an opening")
		r := record(there)
		mustTake(t, here, []byte("a"))
		mustTake(t, here, []byte("b"))
		r.wait(t, func() bool { return len(r.got) == 2 })
		after(writeDelay, "a little")
		mustTake(t, here, make([]byte, writeSoon))
		r.wait(t, func() bool { return len(r.got) == 2+writeSoon })
		after(0, "much")
		mustTake(t, here, make([]byte, Window-2-writeSoon))
		there.Consumed(windowStep)
		for here.Room() == 0 {
			synctest.Wait()
		}
		after(0, "a window")
	})
}

// TestLargeBuffersAreDropped shows that an idle session keeps no large buffers.
func TestLargeBuffersAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := overPipe(t)
		for range 2 {
			here, _ := w.open(t)
			mustTake(t, here, make([]byte, Window))
		}
		size := func() int {
			w.client.mu.Lock()
			defer w.client.mu.Unlock()
			return cap(w.client.out)
		}
		if size() <= keptBuffer {
			t.Error("there is no large buffer")
		}
		time.Sleep(2 * keepLarge)
		if n := size(); n > 0 {
			t.Errorf("there is a buffer of %d bytes", n)
		}
	})
}

// TestQueueIsBounded shows that no data is taken while much waits to be written, that other frames
// are, and that the streams go on when it was written.
func TestQueueIsBounded(t *testing.T) {
	w, conn := heldWorld(t)
	const n = maxQueued/Window + 3
	var here, there [n]*Stream
	for i := range n {
		here[i], there[i] = w.open(t)
	}
	release := conn.hold()
	mustTake(t, here[0], []byte("first"))
	await(t, conn.held)
	data, taken := make([]byte, Window), 0
	for _, st := range here[1:] {
		k, err := st.TryWrite(data)
		if taken += k; err != nil {
			t.Fatal(err)
		}
	}
	if taken < maxQueued-Window || taken > maxQueued {
		t.Errorf("%d bytes are taken", taken)
	}
	last := here[n-1]
	if k, err := last.TryWrite(data); k != 0 || err != nil || last.Room() != 0 {
		t.Errorf("%d bytes are taken, %v, and there is room for %d", k, err, last.Room())
	}
	if k, err := last.TryWrite(data); k != 0 || err != nil || len(w.client.waiting) != 2 {
		t.Errorf("%d bytes are taken, %v, and %d streams wait", k, err, len(w.client.waiting))
	}
	if err := here[1].CloseWrite(); err != nil {
		t.Error(err)
	}
	r := record(last)
	wrote := make(chan error, 1)
	go func() {
		_, err := here[0].Write(data[:100])
		wrote <- err
	}()
	release()
	r.wait(t, func() bool { return r.writable == 1 })
	if err := await(t, wrote); err != nil {
		t.Error(err)
	}
	record(there[1]).mustEnd(t, nil)
	mustTake(t, last, data)
	end := record(there[n-1])
	end.wait(t, func() bool { return len(end.got) == Window })
}
