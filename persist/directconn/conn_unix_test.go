//go:build unix

package directconn

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// pair returns both ends of a connection, the first of which is direct.
func pair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	return Direct(a), b
}

// TestDirectConn shows that a direct connection moves more than a socket has room for in both
// directions at a time, and that it ends as others do.
func TestDirectConn(t *testing.T) {
	a, b := pair(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	go func() { _, _ = io.Copy(b, b); _ = b.(*net.TCPConn).CloseWrite() }()
	wrote := make(chan error, 1)
	go func() {
		n, err := a.Write(sent)
		if err == nil && n < len(sent) {
			err = io.ErrShortWrite
		}
		wrote <- errors.Join(err, a.(*directConn).CloseWrite())
	}()
	got, err := io.ReadAll(a)
	if err := errors.Join(err, <-wrote); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d, %v", len(got), len(sent), err)
	}
	if n, err := a.Read(nil); n != 0 || err != nil {
		t.Error(n, err)
	}
}

// TestDirectConnEnds shows what reads and writes say after a deadline, when the other end is gone,
// and when the connection was closed.
func TestDirectConnEnds(t *testing.T) {
	a, b := pair(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fails := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	one := make([]byte, 1)
	must(a.SetDeadline(time.Unix(1, 0)))
	_, err := a.Read(one)
	fails("a read after the deadline", err, os.ErrDeadlineExceeded)
	_, err = a.Write(one)
	fails("a write after the deadline", err, os.ErrDeadlineExceeded)
	must(a.SetDeadline(time.Time{}))
	must(b.(*net.TCPConn).SetLinger(0))
	must(b.Close())
	if _, err := a.Read(one); err == nil {
		t.Error("a read from an end that is gone succeeds")
	}
	for err = nil; err == nil; {
		_, err = a.Write(one)
	}
	must(a.Close())
	_, err = a.Read(one)
	fails("a read after Close", err, net.ErrClosed)
	_, err = a.Write(one)
	fails("a write after Close", err, net.ErrClosed)
}
