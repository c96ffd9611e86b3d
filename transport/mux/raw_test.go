package mux

import (
	"io"
	"net"
	"testing"
)

// rawConn is a connection with a session, to which a test writes frames.
type rawConn struct{ net.Conn }

// frame returns a frame. For window frames only its length counts.
func frame(stream uint32, k kind, n int, payload string) string {
	return string(appendHead(nil, head{stream, k, n})) + payload
}

// data returns a data frame.
func data(stream uint32, n int) string {
	return frame(stream, kindData, n, string(make([]byte, n)))
}

// send writes frames. It returns when the session has read them, or is over.
func (r rawConn) send(frames ...string) {
	for _, f := range frames {
		_, _ = io.WriteString(r, f)
	}
}

// next reads the next frame of the session.
func (r rawConn) next(t *testing.T) (head, string) {
	t.Helper()
	b := make([]byte, headSize)
	if _, err := io.ReadFull(r, b); err != nil {
		t.Fatal(err)
	}
	h, err := parseHead(b)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, h.payload())
	if _, err := io.ReadFull(r, p); err != nil {
		t.Fatal(err)
	}
	return h, string(p)
}

// mustCome reads the next frame and shows that it is this one.
func (r rawConn) mustCome(t *testing.T, stream uint32, k kind, payload string) {
	t.Helper()
	if h, p := r.next(t); h.stream != stream || h.kind != k || p != payload {
		t.Fatalf("%v %q has come, want %v of stream %d, %q", h, p, k, stream, payload)
	}
}

// rawClient returns a connection with a server that answers all openings but "wait".
func rawClient(t *testing.T) (rawConn, *Session, chan *Stream, chan error) {
	t.Helper()
	c, s := net.Pipe()
	accepted, ended := make(chan *Stream, 16), make(chan error, 1)
	session := Server(s, Config{
		Accept: func(st *Stream, opening []byte) {
			if string(opening) != "wait" {
				_ = st.Answer(opening)
			}
			accepted <- st
		},
		Ended: func(err error) { ended <- err },
	})
	t.Cleanup(func() {
		c.Close()
		session.Close()
	})
	return rawConn{c}, session, accepted, ended
}

// rawServer returns a connection with a client.
func rawServer(t *testing.T) (rawConn, *Session, chan error) {
	t.Helper()
	c, s := net.Pipe()
	ended := make(chan error, 1)
	session := Client(c, Config{Ended: func(err error) { ended <- err }})
	t.Cleanup(func() {
		s.Close()
		session.Close()
	})
	return rawConn{s}, session, ended
}
