package transport

import (
	"testing"

	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// lastSocket counts what is done to a socket after it was closed.
type lastSocket struct {
	netpoll.Conn
	closesWrite, closed, late int
}

func (s *lastSocket) Close() { s.closed++ }

func (s *lastSocket) CloseWrite() {
	s.closesWrite++
	s.late += s.closed
}

// TestCloseWriteAfterEnd shows that the direction to a client is ended once the last frame is
// written, and not any more when the socket is closed.
func TestCloseWriteAfterEnd(t *testing.T) {
	w := newWorld(t)
	for _, ended := range []bool{false, true} {
		s := new(lastSocket)
		c := &conn{server: &w.services, sock: s, noMoreWrites: true}
		c.writeWaits.Store(idle)
		w.conns.add(c)
		if ended {
			c.end()
		}
		c.closeWriteWhenDone()
		c.writeFinal()
		if !ended {
			c.end()
		}
		if want := map[bool]int{false: 2, true: 0}[ended]; s.closesWrite != want || s.late != 0 || s.closed != 1 {
			t.Errorf("ended %v: %+v", ended, s)
		}
	}
}
