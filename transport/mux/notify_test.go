package mux

import (
	"bytes"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestNotifyKeepsOrder shows that bytes that wait are passed first, while more come, that calls
// come one at a time, and that the end comes last.
func TestNotifyKeepsOrder(t *testing.T) {
	w := overTCP(t)
	for seed := range uint64(50) {
		here, there := w.open(t)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			writeAll(t, here, seed)
		}()
		first := make([]byte, 1)
		n, _ := there.Read(first) // so more may wait
		o := &ordered{st: there, got: first[:n], done: make(chan error, 1)}
		there.Notify(o)
		if err := await(t, o.done); err != nil {
			t.Error(err)
		}
		await(t, sent)
		if want, _ := randomBytes(seed, mostBytes); !bytes.Equal(o.got, want) {
			t.Errorf("%d bytes have come in another order, want %d", len(o.got), len(want))
		}
		there.Reset()
	}
}

// ordered keeps what comes, and notices calls at the same time.
type ordered struct {
	st      *Stream
	calls   atomic.Int32
	got     []byte
	overlap bool
	done    chan error
}

func (o *ordered) Received(p []byte) {
	o.overlap = o.calls.Add(1) > 1 || o.overlap
	o.got = append(o.got, p...)
	o.st.Consumed(len(p))
	o.calls.Add(-1)
}

func (o *ordered) Ended(err error) {
	if o.calls.Load() > 0 || o.overlap {
		err = errors.New("two calls at the same time")
	}
	o.done <- err
}

func (o *ordered) Writable() {}

// function calls a function for each event.
type function func()

func (f function) Received([]byte) { f() }
func (f function) Ended(error)     { f() }
func (f function) Writable()       { f() }

// TestCallsFromEvents shows that Events may call all methods of the stream and the session.
func TestCallsFromEvents(t *testing.T) {
	w := overTCP(t)
	for _, waits := range []bool{false, true} { // bytes wait before Notify
		here, there := w.open(t)
		next := &recorder{called: make(chan struct{}, 1)}
		events := function(func() {
			there.Consumed(1)
			_, _ = there.TryWrite([]byte("x"))
			_, _ = there.Room(), w.server.Streams()
			there.Notify(next)
			_ = there.CloseWrite()
		})
		if waits {
			mustTake(t, here, []byte("x"))
			here.Reset()
			x, y := w.open(t)
			mustPass(t, x, y)
			there.Notify(events)
			next.mustEnd(t, ErrReset)
			continue
		}
		there.Notify(events)
		mustTake(t, here, []byte("x"))
		record(here).mustEnd(t, nil)
		here.Reset()
		next.mustEnd(t, ErrReset)
	}
}

// TestResetFromEvents shows that nothing is called after a Reset, though there is more to pass.
func TestResetFromEvents(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	mustTake(t, here, make([]byte, Window))
	if err := here.CloseWrite(); err != nil {
		t.Error(err)
	}
	x, y := w.open(t)
	mustPass(t, x, y)
	calls := 0
	there.Notify(function(func() {
		calls++
		there.Reset()
	}))
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

// TestCloseFromEvents shows that Events may close the session.
func TestCloseFromEvents(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	other, _ := w.open(t)
	r := record(other)
	there.Notify(function(func() { w.server.Close() }))
	mustTake(t, here, []byte("x"))
	if err := await(t, w.serverEnded); !errors.Is(err, ErrEnded) {
		t.Error(err)
	}
	r.mustEnd(t, ErrEnded)
}

// TestNotifyWhileSessionEnds shows that Config.Ended is called after Notify has passed everything.
func TestNotifyWhileSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := overPipe(t)
		here, there := w.open(t)
		mustTake(t, here, []byte("x"))
		time.Sleep(2 * writeDelay) // of the test's own clock, until it has come
		received, ended := make(chan struct{}), false
		go there.Notify(&events{
			received: func() { <-received }, // so that Notify is being called
			ended:    func(err error) { ended = errors.Is(err, ErrEnded) },
		})
		synctest.Wait()
		w.server.Close()
		synctest.Wait()
		select {
		case <-w.serverEnded:
			t.Error("the session has ended before the stream")
		default:
		}
		close(received)
		if <-w.serverEnded; !ended {
			t.Error("the stream has not ended")
		}
	})
}

// events calls functions.
type events struct {
	received func()
	ended    func(error)
}

func (e *events) Received([]byte) { e.received() }
func (e *events) Ended(err error) { e.ended(err) }
func (e *events) Writable()       {}
