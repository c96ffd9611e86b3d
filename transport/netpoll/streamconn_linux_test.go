package netpoll

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// addStream returns a connection over a stream, which is not watched yet.
func addStream(t *testing.T, s *session) *owner {
	t.Helper()
	ps := New(fastTicks{})
	t.Cleanup(ps.Close)
	o := &owner{ended: make(chan struct{}), waits: make(chan struct{}, 100)}
	far, near := s.open(t)
	o.far = far
	t.Cleanup(far.Reset)
	o.conn = ps.Add(o, &o.lock, near)
	return o
}

// has waits until the handler has got so many bytes.
func (o *owner) has(t *testing.T, n int) {
	t.Helper()
	until(t, "the handler has got it", func() (has bool) {
		o.do(func() { has = len(o.got) >= n })
		return has
	})
}

// TestStreamInput shows that input waits while a connection over a stream is not watched, that the
// other side can send a window of it, and that the handler gets all of it in order, however often
// it stops and goes on.
func TestStreamInput(t *testing.T) {
	o := addStream(t, newSession(t))
	sent := randomBytes(3 << 20)
	written := make(chan error, 1)
	go func() {
		_, err := o.far.Write(sent)
		written <- err
	}()
	until(t, "a window waits", func() bool {
		c := o.conn.(*streamConn)
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.inbox) == mux.Window
	})
	if len(o.got) > 0 || !o.conn.Unread() {
		t.Error("the handler has got what it has not watched for")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for n := 0; n < len(sent); {
		o.do(o.conn.Watch)
		o.has(t, min(len(sent), n+1+random.IntN(100_000)))
		o.do(func() { o.conn.Unwatch(); n = len(o.got) })
	}
	if err := <-written; err != nil || !bytes.Equal(o.got, sent) {
		t.Errorf("it has changed: %v", err)
	}
	if o.conn.Unread() {
		t.Error("there is more")
	}
}

// TestStreamWrite shows that a write for which the window has no room waits, goes on when the other
// side reads, and ends after Unblock only if it is stalled.
func TestStreamWrite(t *testing.T) {
	o := addStream(t, newSession(t))
	o.do(o.conn.Watch)
	sent := randomBytes(3 << 20)
	written := make(chan error, 1)
	go func() { written <- o.conn.Write(sent) }()
	<-o.waits
	o.conn.Unblock()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(o.far, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("it has changed: %v", err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	o.stalled = true
	go func() { written <- o.conn.Write(sent) }()
	until(t, "the write ends", func() bool {
		o.conn.Unblock()
		return len(written) > 0
	})
	if err := <-written; err != os.ErrDeadlineExceeded {
		t.Error(err)
	}
}

// TestStreamShutdown shows that Shutdown ends a write that waits, after what it has written before,
// and that the handler gets no more input, and is told.
func TestStreamShutdown(t *testing.T) {
	o := addStream(t, newSession(t))
	o.do(o.conn.Watch)
	if _, err := io.WriteString(o.far, "before"); err != nil {
		t.Fatal(err)
	}
	o.has(t, len("before"))
	written := make(chan error, 1)
	go func() { written <- o.conn.Write(make([]byte, 2*mux.Window)) }()
	<-o.waits
	o.conn.Shutdown()
	if err := <-written; err == nil {
		t.Error("the write has not failed")
	}
	<-o.ended
	if got, err := io.ReadAll(o.far); err != nil || len(got) != mux.Window {
		t.Errorf("%d bytes came, %v", len(got), err)
	}
	_, _ = io.WriteString(o.far, "after")
	if string(o.got) != "before" {
		t.Errorf("the handler has got %q", o.got)
	}
}

// TestStreamEnds shows that the handler is told of the end of a stream, after the last input.
func TestStreamEnds(t *testing.T) {
	for name, end := range map[string]func(s *session, far *mux.Stream){
		"end":         func(_ *session, far *mux.Stream) { _ = far.CloseWrite() },
		"reset":       func(_ *session, far *mux.Stream) { far.Reset() },
		"the session": func(s *session, _ *mux.Stream) { _ = s.client.Close() },
	} {
		for _, early := range []bool{false, true} {
			s := newSession(t)
			o := addStream(t, s)
			if !early {
				o.do(o.conn.Watch)
			}
			if _, err := io.WriteString(o.far, "last"); err != nil {
				t.Fatal(err)
			}
			until(t, "it has come", func() (has bool) {
				o.do(func() { has = len(o.got) > 0 || o.conn.Unread() })
				return has
			})
			end(s, o.far.(*mux.Stream))
			if early {
				o.do(o.conn.Watch)
			}
			<-o.ended
			if string(o.got) != "last" {
				t.Errorf("%s: the handler has got %q", name, o.got)
			}
		}
	}
}

// TestStreamHangup shows that a client that hangs up is reported, once, also if that was before,
// and that its last input is kept.
func TestStreamHangup(t *testing.T) {
	for _, before := range []bool{false, true} {
		o := addStream(t, newSession(t))
		if _, err := io.WriteString(o.far, "last"); err != nil {
			t.Fatal(err)
		}
		leave := func() { _ = o.far.(*mux.Stream).CloseWrite() }
		if before {
			leave()
		}
		o.do(o.conn.WatchHangup)
		if !before {
			leave()
		}
		until(t, "it is reported", func() (has bool) { o.do(func() { has = o.hungUp > 0 }); return has })
		o.do(o.conn.Watch)
		<-o.ended
		if string(o.got) != "last" || o.hungUp != 1 {
			t.Errorf("%q, reported %d times", o.got, o.hungUp)
		}
	}
}

// TestStreamOfManyPieces shows that a handler that stops in the middle of what has come at once
// gets the rest later, in order.
func TestStreamOfManyPieces(t *testing.T) {
	s := newSession(t)
	o := addStream(t, s)
	h := &stopping{owner: o}
	near, far := s.open(t)
	h.conn = newStreamConn(h, &o.lock, far, nil, 0)
	o.do(h.conn.Watch)
	sent := randomBytes(10 * FirstRead)
	if _, err := near.Write(sent); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 10; n++ {
		o.has(t, n*FirstRead)
		if len(o.got) != n*FirstRead {
			t.Fatalf("%d pieces at once", len(o.got)/FirstRead-n+1)
		}
		o.do(h.conn.Watch)
	}
	if !bytes.Equal(o.got, sent) {
		t.Error("it has changed")
	}
	if err := near.CloseWrite(); err != nil {
		t.Fatal(err)
	}
}

// stopping stops to watch with each piece.
type stopping struct {
	*owner
	conn Conn
}

func (h *stopping) Receive(b []byte) int {
	h.conn.Unwatch()
	return h.owner.Receive(b)
}

func (h *stopping) Closed() {}

// TestPacedStreams shows that the input of an active connection over a stream waits for a tick at
// which it takes effect, and that the first input, much of it, that of a new connection, and that
// of a poller which has ended do not wait.
func TestPacedStreams(t *testing.T) {
	ps, p := stoppedPollers(t)
	o := &owner{ended: make(chan struct{})}
	near, far := newSession(t).open(t)
	c := ps.Add(o, &o.lock, far).(*streamConn)
	o.conn = c
	o.do(c.Watch)
	send := func(text string) {
		t.Helper()
		if _, err := io.WriteString(near, text); err != nil {
			t.Fatal(err)
		}
	}
	waits := func() bool {
		p.held.mu.Lock()
		defer p.held.mu.Unlock()
		return len(p.held.all) > 0
	}
	has := func(want string) {
		t.Helper()
		o.has(t, len(want))
		o.do(func() {
			if string(o.got) != want {
				t.Errorf("it has %q, want %q", o.got, want)
			}
			o.got = nil
		})
	}
	for range 3 {
		send("of a new one")
		has("of a new one")
	}
	c.mu.Lock()
	c.newFor, c.last = 0, time.Time{}
	c.mu.Unlock()
	send("first")
	has("first")
	o.do(func() { o.mayWait = time.Hour })
	send("a")
	until(t, "it waits", waits)
	p.turn(p.timer.fd)
	if !waits() || len(o.got) > 0 {
		t.Error("it is delivered before it takes effect")
	}
	o.do(func() { o.mayWait = 0 })
	send("b")
	until(t, "both have come", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.inbox) == 2
	})
	p.turn(p.timer.fd)
	has("ab")
	if waits() {
		t.Error("it still waits")
	}
	much := strings.Repeat("x", FirstRead+1)
	send(much)
	has(much)
	send("c")
	until(t, "it waits", waits)
	p.held.close()
	has("c")
	send("d")
	has("d")
}
