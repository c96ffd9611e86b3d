package transport

import (
	"net"
	"sync"
	"time"
)

// stdLink is a link over any net.Conn, with a goroutine that reads. It is for systems
// without epoll, and for what is no TCP connection.
type stdLink struct {
	net.Conn
	conn    *conn
	changed sync.Cond // on conn.reading: watched has changed
	watched bool
	reads   bool // its goroutine has been started
}

func newStdLink(c *conn, tcp net.Conn) *stdLink {
	return &stdLink{Conn: tcp, conn: c, changed: sync.Cond{L: &c.reading}}
}

func (l *stdLink) watch() {
	l.watched = true
	if !l.reads {
		l.reads = true
		go l.read()
	}
	l.changed.Signal()
}

func (l *stdLink) unwatch() { l.watched = false }

func (l *stdLink) watchEnd() {}

func (l *stdLink) unread() bool { return false }

// stdBuffer holds a few keystrokes or a cursor's move.
const stdBuffer = 512

// read reads at most one piece ahead of what is wanted.
func (l *stdLink) read() {
	buf := make([]byte, stdBuffer)
	for more := true; more; {
		n, err := l.Read(buf)
		more = l.deliver(buf[:n], err)
	}
}

func (l *stdLink) deliver(b []byte, err error) (more bool) {
	l.conn.reading.Lock()
	defer l.conn.reading.Unlock()
	for !l.watched {
		l.changed.Wait()
	}
	if len(b) > 0 {
		l.conn.feed(b)
	}
	if err == nil {
		return true
	}
	for !l.watched {
		l.changed.Wait()
	}
	l.conn.gone()
	return false
}

// write may have to wait at any time.
func (l *stdLink) write(p []byte) error {
	l.conn.stops()
	_, err := l.Write(p)
	return err
}

func (l *stdLink) unblock() { _ = l.SetWriteDeadline(time.Unix(0, 0)) }

func (l *stdLink) halfClose() {
	if half, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

func (l *stdLink) shut()  { _ = l.Conn.Close() }
func (l *stdLink) close() { _ = l.Conn.Close() }
