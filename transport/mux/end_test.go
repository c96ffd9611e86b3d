package mux

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// TestHalfClose shows that the other direction goes on when one has ended, that writes fail from
// then on, and that the stream is over when both have ended.
func TestHalfClose(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	mustTake(t, here, []byte("last"))
	for range 2 {
		if err := here.CloseWrite(); err != nil {
			t.Error(err)
		}
	}
	if got, err := io.ReadAll(there); string(got) != "last" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := here.Write([]byte("more")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write returns %v", err)
	}
	if n, err := here.TryWrite([]byte("more")); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("TryWrite returns %d, %v", n, err)
	}
	mustPass(t, there, here)
	r := record(here)
	if err := there.CloseWrite(); err != nil {
		t.Error(err)
	}
	r.mustEnd(t, nil)
	if n := w.client.Streams() + w.server.Streams(); n != 0 {
		t.Errorf("there are %d streams", n)
	}
	for range 2 {
		if err := errors.Join(here.Close(), there.Close()); err != nil {
			t.Error(err)
		}
	}
	if err := here.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("SetDeadline returns %v", err)
	}
	x, y := w.open(t)
	mustPass(t, x, y)
	r.mustEnd(t, nil) // once
}

// TestReset shows that a reset from each side ends both directions, behind what was sent, and that
// the side that has reset gets no event.
func TestReset(t *testing.T) {
	w := overTCP(t)
	for i := range 4 {
		from, to := w.open(t)
		if i%2 == 1 {
			from, to = to, from
		}
		mine, other := record(from), (*recorder)(nil)
		if i < 2 {
			other = record(to)
		}
		mustTake(t, from, []byte("last"))
		for range 2 {
			from.Reset()
		}
		if other != nil {
			other.mustEnd(t, ErrReset)
		} else if got, err := io.ReadAll(to); string(got) != "last" || !errors.Is(err, ErrReset) {
			t.Errorf("%q, %v", got, err)
		}
		if _, err := to.Write([]byte("x")); !errors.Is(err, ErrReset) {
			t.Errorf("Write returns %v", err)
		}
		if _, err := from.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write of the reset stream returns %v", err)
		}
		if _, err := from.Read([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read of the reset stream returns %v", err)
		}
		to.Reset()
		mine.mustEnd(t)
	}
	x, y := w.open(t)
	mustPass(t, x, y)
	if n := w.client.Streams() + w.server.Streams(); n != 2 {
		t.Errorf("there are %d streams", n)
	}
}

// TestEndThenReset shows that Ended is called for both, and that the end alone is seen by Read.
func TestEndThenReset(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	r := record(there)
	if err := here.CloseWrite(); err != nil {
		t.Error(err)
	}
	r.mustEnd(t, nil)
	here.Reset()
	r.mustEnd(t, nil, ErrReset)
	late := record(there)
	mustBeQuiet(t, w, late)

	here, there = w.open(t)
	if err := here.CloseWrite(); err != nil {
		t.Error(err)
	}
	here.Reset()
	x, y := w.open(t)
	mustPass(t, x, y) // so the reset has come
	record(there).mustEnd(t, nil, ErrReset)
}

// mustBeQuiet shows that nothing more is called.
func mustBeQuiet(t *testing.T, w *world, r *recorder) {
	t.Helper()
	x, y := w.open(t)
	mustPass(t, x, y)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ended) > 0 || len(r.got) > 0 || r.writable > 0 {
		t.Errorf("called with %v and %d bytes", r.ended, len(r.got))
	}
}

// TestSessionEnds shows that the end of a session wakes all calls on both nodes, that Config.Ended
// comes after the streams' events, and that everything fails from then on.
func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := overPipe(t)
		here, there := w.open(t)
		mustTake(t, here, make([]byte, Window))
		x, y := w.open(t)
		events, other := record(x), record(y)
		read := func(st *Stream) error { _, err := st.Read(make([]byte, 1)); return err }
		write := func(st *Stream) error { _, err := st.Write(make([]byte, 1)); return err }
		open := func(*Stream) error { _, _, err := w.client.Open(context.Background(), []byte("wait")); return err }
		results := make(chan error, 3)
		for _, call := range []func(*Stream) error{read, write, open} {
			go func() { results <- call(here) }()
		}
		synctest.Wait() // until all of them wait
		if err := errors.Join(w.client.Close(), w.client.Close()); err != nil {
			t.Error(err)
		}
		for range 3 {
			if err := <-results; !errors.Is(err, ErrEnded) || !errors.Is(err, net.ErrClosed) {
				t.Errorf("a call that waits returns %v", err)
			}
		}
		mustHaveEnded(t, w.client, w.clientEnded, events)
		mustHaveEnded(t, w.server, w.serverEnded, other)
		if got, err := io.ReadAll(there); len(got) != Window || !errors.Is(err, ErrEnded) {
			t.Errorf("%d bytes are read, %v", len(got), err)
		}
		for name, err := range map[string]error{
			"Read": read(here), "Write": write(there), "Open": open(nil), "CloseWrite": here.CloseWrite(),
		} {
			if !errors.Is(err, ErrEnded) {
				t.Errorf("%s returns %v", name, err)
			}
		}
		record(here).mustEnd(t, ErrEnded)
		here.Reset()
	})
}

// mustHaveEnded waits for Config.Ended, and shows that Events were called before.
func mustHaveEnded(t *testing.T, s *Session, ended chan error, r *recorder) {
	t.Helper()
	if err := <-ended; !errors.Is(err, ErrEnded) || s.Err() != err || s.Streams() != 0 {
		t.Errorf("Ended was called with %v, Err is %v, and there are %d streams", err, s.Err(), s.Streams())
	}
	if len(r.ended) != 1 || !errors.Is(r.ended[0], ErrEnded) {
		t.Errorf("the stream has ended with %v", r.ended)
	}
}

// TestOtherNodeEnds shows that a session ends with its connection.
func TestOtherNodeEnds(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	r := record(here)
	if err := w.server.conn.Close(); err != nil {
		t.Error(err)
	}
	r.mustEnd(t, ErrEnded)
	if _, err := there.Read(make([]byte, 1)); !errors.Is(err, ErrEnded) {
		t.Errorf("Read returns %v", err)
	}
	if _, _, err := w.client.Open(context.Background(), nil); !errors.Is(err, ErrEnded) {
		t.Errorf("Open returns %v", err)
	}
}
