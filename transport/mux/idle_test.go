package mux

import (
	"errors"
	"io"
	"runtime"
	"testing"
)

// TestCloseAfterCloseWrite shows that what was written before CloseWrite and Close still comes,
// that what the other node goes on sending is dropped without holding it up, and that the stream is
// gone once both directions have ended, or after Reset.
func TestCloseAfterCloseWrite(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	if _, err := here.Write([]byte("last")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(here.CloseWrite(), here.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := there.Write(make([]byte, 5*Window)); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(there); err != nil || string(got) != "last" {
		t.Errorf("%q, %v", got, err)
	}
	if err := there.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	gone := func() {
		for w.client.Streams()+w.server.Streams() > 0 { // ends when the frames have come
			runtime.Gosched()
		}
	}
	gone()
	here, _ = w.open(t)
	if err := errors.Join(here.CloseWrite(), here.Close()); err != nil {
		t.Fatal(err)
	}
	here.Reset()
	gone()
}

// TestCloseIdle shows that a session without streams ends at once, and one with streams with the
// last of them; that none can be opened meanwhile; and that what was sent last comes.
func TestCloseIdle(t *testing.T) {
	w := overTCP(t)
	w.server.CloseIdle()
	<-w.client.ended
	w = overTCP(t)
	here, there := w.open(t)
	w.server.CloseIdle()
	if _, _, err := w.client.Open(t.Context(), nil); !errors.Is(err, ErrReset) {
		t.Error(err)
	}
	if _, err := there.Write([]byte("last")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(there.CloseWrite(), there.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(here); err != nil || string(got) != "last" {
		t.Errorf("%q, %v", got, err)
	}
	if w.client.Err() != nil {
		t.Error("the session has ended before its stream")
	}
	_ = here.Close()
	<-w.client.ended
	<-w.server.ended
}
