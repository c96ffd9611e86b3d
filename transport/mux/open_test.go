package mux

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"testing"
)

// TestRefused shows that a server can refuse a stream with an answer and Close, and without one.
func TestRefused(t *testing.T) {
	c, s := net.Pipe()
	client := Client(c, Config{})
	server := Server(s, Config{Accept: func(s *Stream, opening []byte) {
		if len(opening) > 0 {
			if err := s.Answer(opening); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}})
	defer client.Close()
	defer server.Close()
	for range 100 {
		st, answer, err := client.Open(context.Background(), []byte("no"))
		if err != nil || string(answer) != "no" {
			t.Fatalf("%q, %v", answer, err)
		}
		if _, err := st.Read(make([]byte, 1)); !errors.Is(err, ErrReset) {
			t.Errorf("Read returns %v", err)
		}
		if _, _, err := client.Open(context.Background(), nil); !errors.Is(err, ErrReset) {
			t.Fatalf("Open returns %v", err)
		}
	}
	if n := client.Streams() + server.Streams(); n != 0 {
		t.Errorf("there are %d streams", n)
	}
}

// TestNoAccept shows that a server without Config.Accept refuses all streams.
func TestNoAccept(t *testing.T) {
	c, s := net.Pipe()
	client, server := Client(c, Config{}), Server(s, Config{})
	defer client.Close()
	defer server.Close()
	if _, _, err := client.Open(context.Background(), nil); !errors.Is(err, ErrReset) {
		t.Errorf("Open returns %v", err)
	}
}

// TestCancelledOpen shows that the end of the context ends an Open and resets the stream, and that
// an answer that comes too late is dropped.
func TestCancelledOpen(t *testing.T) {
	raw, session, _ := rawServer(t)
	ctx, cancel := context.WithCancel(context.Background())
	opened := make(chan error, 1)
	go func() {
		_, _, err := session.Open(ctx, []byte("x"))
		opened <- err
	}()
	raw.mustCome(t, 1, kindOpen, "x")
	cancel()
	raw.mustCome(t, 1, kindReset, "")
	if err := await(t, opened); !errors.Is(err, context.Canceled) {
		t.Errorf("Open returns %v", err)
	}
	raw.send(frame(1, kindAnswer, 0, ""), data(1, 1))
	if _, _, err := session.Open(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Open returns %v", err)
	}
	if session.Streams() != 0 || session.Err() != nil {
		t.Errorf("there are %d streams, %v", session.Streams(), session.Err())
	}
}

// TestCancelledAccept shows that a stream that was reset before its answer cannot be answered.
func TestCancelledAccept(t *testing.T) {
	raw, session, accepted, _ := rawClient(t)
	raw.send(frame(1, kindOpen, 4, "wait"))
	st := await(t, accepted)
	if _, err := st.TryWrite([]byte("x")); err == nil || st.Room() != 0 {
		t.Error("bytes are taken before the answer")
	}
	raw.send(frame(1, kindReset, 0, ""), frame(2, kindOpen, 1, "x"))
	raw.mustCome(t, 2, kindAnswer, "x")
	if err := st.Answer(nil); !errors.Is(err, ErrReset) {
		t.Errorf("Answer returns %v", err)
	}
	if n := session.Streams(); n != 1 {
		t.Errorf("there are %d streams", n)
	}
}

// TestMisuse shows that calls on the wrong side, or with too much, fail and change nothing.
func TestMisuse(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	long := make([]byte, maxPayload+1)
	_, _, tooLong := w.client.Open(context.Background(), long)
	_, _, byServer := w.server.Open(context.Background(), nil)
	for name, err := range map[string]error{
		"long opening": tooLong, "open by the server": byServer, "long answer": there.Answer(long),
		"answer by the client": here.Answer(nil), "second answer": there.Answer(nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	record(here)
	if _, err := here.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("Read after Notify returns %v", err)
	}
	w.client.mu.Lock()
	w.client.last = math.MaxUint32
	w.client.mu.Unlock()
	if _, _, err := w.client.Open(context.Background(), nil); !errors.Is(err, ErrEnded) {
		t.Errorf("Open without numbers returns %v", err)
	}
	if w.client.Err() != nil || w.server.Err() != nil {
		t.Errorf("%v, %v", w.client.Err(), w.server.Err())
	}
	if here.LocalAddr() != w.client.conn.LocalAddr() || here.RemoteAddr() != w.client.conn.RemoteAddr() {
		t.Error("the stream has other addresses than its connection")
	}
}
