package mux

import (
	"bytes"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
)

// randomBytes returns up to most bytes, the same for the same seed.
func randomBytes(seed uint64, most int) ([]byte, *rand.Rand) {
	r := rand.New(rand.NewPCG(seed, 0))
	b := make([]byte, r.IntN(most))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b, r
}

const (
	manyStreams = 40
	mostBytes   = 400 << 10
)

// TestReadAndWrite shows that the bytes of many streams come in order, both ways, in pieces of
// random sizes, and that the ends come.
func TestReadAndWrite(t *testing.T) {
	w := overTCP(t)
	var all sync.WaitGroup
	for i := range uint64(manyStreams) {
		here, there := w.open(t)
		all.Go(func() { writeAll(t, here, 2*i) })
		all.Go(func() { writeAll(t, there, 2*i+1) })
		all.Go(func() { readAll(t, there, 2*i) })
		all.Go(func() { readAll(t, here, 2*i+1) })
	}
	all.Wait()
	if n := w.client.Streams() + w.server.Streams(); n != 0 {
		t.Errorf("there are %d streams", n)
	}
}

func writeAll(t *testing.T, st *Stream, seed uint64) {
	b, r := randomBytes(seed, mostBytes)
	for len(b) > 0 {
		n, err := st.Write(b[:min(len(b), 1+r.IntN(3*Window))])
		if err != nil {
			t.Error(err)
			return
		}
		b = b[n:]
	}
	if err := st.CloseWrite(); err != nil {
		t.Error(err)
	}
}

func readAll(t *testing.T, st *Stream, seed uint64) {
	want, r := randomBytes(seed, mostBytes)
	var got []byte
	for {
		p := make([]byte, 1+r.IntN(Window))
		n, err := st.Read(p)
		got = append(got, p[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes have come, want %d", len(got), len(want))
	}
}

// echo sends back what comes, and consumes it when it is sent.
type echo struct {
	st      *Stream
	mu      sync.Mutex
	pending []byte
	last    bool // no more will come
}

func (e *echo) Received(p []byte) { e.flush(p, false) }
func (e *echo) Writable()         { e.flush(nil, false) }
func (e *echo) Ended(err error)   { e.flush(nil, err == nil) }

func (e *echo) flush(p []byte, last bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = e.last || last
	e.pending = append(e.pending, p...)
	n, _ := e.st.TryWrite(e.pending)
	e.pending = e.pending[n:]
	e.st.Consumed(n)
	if e.last && len(e.pending) == 0 {
		_ = e.st.CloseWrite()
	}
}

// source sends bytes in pieces of random sizes, and keeps what comes.
type source struct {
	st   *Stream
	mu   sync.Mutex
	rand *rand.Rand
	left []byte
	got  []byte
	done chan error
}

func (s *source) Received(p []byte) {
	s.got = append(s.got, p...)
	s.st.Consumed(len(p))
}
func (s *source) Ended(err error) { s.done <- err }

func (s *source) Writable() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.left) > 0 {
		piece := s.left[:min(len(s.left), 1+s.rand.IntN(2*Window))]
		n, _ := s.st.TryWrite(piece)
		s.left = s.left[n:]
		if n < len(piece) {
			return
		}
	}
	_ = s.st.CloseWrite()
}

// TestEvents shows the same as TestReadAndWrite for streams without goroutines.
func TestEvents(t *testing.T) {
	w := overTCP(t)
	var sources []*source
	for i := range uint64(manyStreams) {
		here, there := w.open(t)
		there.Notify(&echo{st: there})
		left, r := randomBytes(i, mostBytes)
		s := &source{st: here, rand: r, left: left, done: make(chan error, 1)}
		sources = append(sources, s)
		here.Notify(s)
	}
	for _, s := range sources {
		s.Writable()
	}
	for i, s := range sources {
		if err := await(t, s.done); err != nil {
			t.Error(err)
		}
		if want, _ := randomBytes(uint64(i), mostBytes); !bytes.Equal(s.got, want) {
			t.Errorf("stream %d: %d bytes have come, want %d", i, len(s.got), len(want))
		}
	}
}
