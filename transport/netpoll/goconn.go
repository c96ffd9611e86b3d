package netpoll

import (
	"net"
	"sync"
	"time"
)

// goConn is a Conn over any net.Conn, with a goroutine that reads.
type goConn struct {
	net.Conn
	handler Handler
	lock    *sync.Mutex
	changed sync.Cond // on lock: watched has changed
	watched bool
	reads   bool // the goroutine has been started
}

func newGoConn(h Handler, lock *sync.Mutex, c net.Conn) *goConn {
	return &goConn{Conn: c, handler: h, lock: lock, changed: sync.Cond{L: lock}}
}

func (c *goConn) Watch() {
	c.watched = true
	if !c.reads {
		c.reads = true
		go c.readAll()
	}
	c.changed.Signal()
}

func (c *goConn) Unwatch() { c.watched = false }

func (c *goConn) WatchHangup() {}

func (c *goConn) Unread() bool { return false }

// goReadBuffer has room for a few keystrokes or a move of the cursor.
const goReadBuffer = 512

// readAll reads while the connection is watched, and at most one piece more.
func (c *goConn) readAll() {
	buf := make([]byte, goReadBuffer)
	for more := true; more; {
		n, err := c.Conn.Read(buf)
		more = c.deliver(buf[:n], err)
	}
}

func (c *goConn) deliver(b []byte, err error) (more bool) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for !c.watched {
		c.changed.Wait()
	}
	if len(b) > 0 {
		c.handler.Receive(b)
	}
	if err == nil {
		return true
	}
	for !c.watched {
		c.changed.Wait()
	}
	c.handler.Closed()
	return false
}

// Write calls Handler.WriteWaits at the beginning, as it may have to wait at any time.
func (c *goConn) Write(p []byte) error {
	c.handler.WriteWaits()
	_, err := c.Conn.Write(p)
	return err
}

func (c *goConn) Unblock() { _ = c.SetWriteDeadline(time.Unix(0, 0)) }

// CloseWrite over TLS sends the alert close_notify first.
func (c *goConn) CloseWrite() { closeWrite(c.Conn) }

// Shutdown and Close send no alert, which might have to wait.
func (c *goConn) Shutdown() { _ = socketOf(c.Conn).Close() }
func (c *goConn) Close()    { _ = socketOf(c.Conn).Close() }
