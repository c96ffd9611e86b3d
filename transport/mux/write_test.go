package mux

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// TestPartOfAWrite shows that a Write returns how many bytes were taken before its deadline.
func TestPartOfAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := overPipe(t)
		here, there := w.open(t)
		r := record(there)
		if err := here.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		taken := make(chan int)
		go func() {
			n, err := here.Write(make([]byte, 3*Window))
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
			taken <- n
		}()
		r.wait(t, func() bool { return len(r.got) == Window })
		there.Consumed(Window)
		if n := <-taken; n != 2*Window {
			t.Errorf("%d bytes are taken", n)
		}
	})
}

// TestWritesInTurn shows that calls of Write at the same time come one after the other.
func TestWritesInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := overPipe(t)
		here, there := w.open(t)
		results := make(chan error, 2)
		parts := [][]byte{bytes.Repeat([]byte("a"), 3*Window), bytes.Repeat([]byte("b"), 3*Window)}
		for _, p := range parts {
			go func() {
				_, err := here.Write(p)
				results <- err
			}()
			synctest.Wait() // until it waits for the window
		}
		got := make([]byte, 6*Window)
		if _, err := io.ReadFull(there, got); err != nil || !bytes.Equal(got, bytes.Join(parts, nil)) {
			t.Errorf("the bytes are mixed, %v", err)
		}
		if err := errors.Join(<-results, <-results); err != nil {
			t.Error(err)
		}
	})
}

// TestEndsOfAWrite shows that CloseWrite, Reset and a reset by the other node end a Write.
func TestEndsOfAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := overPipe(t)
		for name, test := range map[string]struct {
			end  func(here, there *Stream)
			want error
		}{
			"CloseWrite": {func(here, _ *Stream) { _ = here.CloseWrite() }, net.ErrClosed},
			"Reset":      {func(here, _ *Stream) { here.Reset() }, net.ErrClosed},
			"other node": {func(_, there *Stream) { there.Reset() }, ErrReset},
		} {
			here, there := w.open(t)
			result := make(chan error, 1)
			go func() {
				_, err := here.Write(make([]byte, 2*Window))
				result <- err
			}()
			synctest.Wait()
			test.end(here, there)
			if err := <-result; !errors.Is(err, test.want) {
				t.Errorf("%s: Write returns %v", name, err)
			}
		}
	})
}
