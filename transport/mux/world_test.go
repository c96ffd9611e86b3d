package mux

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait for something that must happen.
const patience = 60 * time.Second

// world is two nodes with a session. The server answers each opening but "wait" with the opening
// itself.
type world struct {
	client, server           *Session
	accepted                 chan *Stream // of the server
	clientEnded, serverEnded chan error
}

// connect starts both ends of a session.
func connect(t *testing.T, c, s net.Conn) *world {
	t.Helper()
	w := &world{
		accepted:    make(chan *Stream, 16),
		clientEnded: make(chan error, 1), serverEnded: make(chan error, 1),
	}
	w.client = Client(c, Config{Ended: endInto(w.clientEnded)})
	w.server = Server(s, Config{
		Accept: func(s *Stream, opening []byte) {
			if string(opening) != "wait" {
				if err := s.Answer(opening); err != nil {
					t.Error(err)
				}
			}
			w.accepted <- s
		},
		Ended: endInto(w.serverEnded),
	})
	t.Cleanup(func() {
		w.client.Close()
		w.server.Close()
		await(t, w.clientEnded)
		await(t, w.serverEnded)
	})
	return w
}

// endInto returns a Config.Ended that sends the error and closes the channel, so a second call
// panics.
func endInto(c chan error) func(error) {
	return func(err error) {
		c <- err
		close(c)
	}
}

func overPipe(t *testing.T) *world {
	t.Helper()
	c, s := net.Pipe()
	return connect(t, c, s)
}

func overTCP(t *testing.T) *world {
	t.Helper()
	c, s := tcpPair(t)
	return connect(t, c, s)
}

// tcpPair returns both ends of a TCP connection.
func tcpPair(t *testing.T) (c, s net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if c, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if s, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return c, s
}

// open opens a stream and returns both ends.
func (w *world) open(t *testing.T) (here, there *Stream) {
	t.Helper()
	here, answer, err := w.client.Open(context.Background(), []byte("opening"))
	if err != nil || string(answer) != "opening" {
		t.Fatalf("%q, %v", answer, err)
	}
	return here, await(t, w.accepted)
}

// await receives from a channel.
func await[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatal("nothing has come")
	}
	return v
}

// mustPass shows that bytes come from one end to the other.
func mustPass(t *testing.T, from, to *Stream) {
	t.Helper()
	const text = "some bytes"
	if n, err := from.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
		t.Fatalf("%q, %v", got, err)
	}
}

// recorder keeps what Events are called with. It consumes nothing.
type recorder struct {
	st       *Stream
	mu       sync.Mutex
	got      []byte
	ended    []error
	writable int
	called   chan struct{}
}

// record passes what comes on a stream to a recorder.
func record(st *Stream) *recorder {
	r := &recorder{st: st, called: make(chan struct{}, 1)}
	st.Notify(r)
	return r
}

func (r *recorder) Received(p []byte) { r.note(func() { r.got = append(r.got, p...) }) }
func (r *recorder) Ended(err error)   { r.note(func() { r.ended = append(r.ended, err) }) }
func (r *recorder) Writable()         { r.note(func() { r.writable++ }) }

func (r *recorder) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	select {
	case r.called <- struct{}{}:
	default:
	}
}

// wait waits until something was recorded.
func (r *recorder) wait(t *testing.T, reached func() bool) {
	t.Helper()
	for {
		r.mu.Lock()
		ok := reached()
		r.mu.Unlock()
		if ok {
			return
		}
		await(t, r.called)
	}
}

// mustEnd waits until Ended was called with these errors.
func (r *recorder) mustEnd(t *testing.T, want ...error) {
	t.Helper()
	r.wait(t, func() bool { return len(r.ended) >= len(want) })
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, err := range r.ended {
		if i >= len(want) || !errors.Is(err, want[i]) {
			t.Errorf("Ended was called with %v, want %v", r.ended, want)
		}
	}
}

// Room returns how many bytes TryWrite would take now.
func (st *Stream) Room() int {
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	if st.writeError() != nil {
		return 0
	}
	return st.room()
}

// Streams returns how many streams the session has. A stream counts from its opening until both
// directions have ended, or it is reset.
func (s *Session) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.streams)
}
