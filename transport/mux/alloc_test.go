package mux

import "testing"

// consumer consumes what comes, and counts it.
type consumer struct {
	st   *Stream
	left int
	done chan struct{} // receives when left has come
	most int
}

func (c *consumer) Received(p []byte) {
	c.st.Consumed(len(p))
	if c.left -= len(p); c.left == 0 {
		c.left = c.most
		c.done <- struct{}{}
	}
}
func (c *consumer) Ended(error) {}
func (c *consumer) Writable()   {}

// sender waits for Writable.
type sender struct{ writable chan struct{} }

func (s *sender) Received([]byte) {}
func (s *sender) Ended(error)     {}
func (s *sender) Writable()       { s.writable <- struct{}{} }

// TestAllocs shows that sending, receiving and consuming bytes allocates nothing.
func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	w := overTCP(t)
	for _, size := range []int{100, maxPayload, 3 * Window} {
		here, there := w.open(t)
		c := &consumer{st: there, left: size, most: size, done: make(chan struct{}, 1)}
		there.Notify(c)
		s := &sender{make(chan struct{}, 1)}
		here.Notify(s)
		p := make([]byte, size)
		send := func() {
			for rest := p; len(rest) > 0; {
				n, err := here.TryWrite(rest)
				if err != nil {
					t.Fatal(err)
				}
				if rest = rest[n:]; len(rest) > 0 {
					<-s.writable
				}
			}
			<-c.done
		}
		send()
		send()
		if n := testing.AllocsPerRun(200, send); n > 0 {
			t.Errorf("%d bytes: %v allocations", size, n)
		}
	}
}

// TestIdleStream shows that a stream whose bytes were read holds no buffer, nor one that is closed.
func TestIdleStream(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	mustPass(t, here, there)
	mustTake(t, there, []byte("xy"))
	if _, err := here.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	here.Reset()
	for _, st := range []*Stream{here, there} {
		st.session.mu.Lock()
		if st.in != nil || st.answer != nil {
			t.Error("it holds a buffer")
		}
		st.session.mu.Unlock()
	}
}
