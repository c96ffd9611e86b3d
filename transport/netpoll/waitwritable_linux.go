package netpoll

import (
	"os"

	"golang.org/x/sys/unix"
)

// writeWaiting writes p to a socket whose send buffer was full. It watches the socket once for the
// whole of p, edge-triggered: each wake-up is a change in the kernel. A level-triggered interest
// would wake the writer without end when a socket stays ready though nothing can be written: after
// the client's FIN, or while the kernel is short of memory.
//
// It calls Handler.WriteWaits anew only after some bytes were taken. After Unblock it tries once
// more: there may be room of which it has not been woken yet.
func (c *pollConn) writeWaiting(p []byte) error {
	woken := make(chan error, 1)
	defer c.sets.waitsNoMore(c.fd)
	if err := c.sets.waitsIn(c.fd, woken); err != nil {
		return err
	}
	var end error
	for moved := true; len(p) > 0; {
		n, errno := writeFD(c.fd, p)
		switch {
		case errno == 0:
			p, moved, end = p[n:], true, nil
		case errno == unix.EAGAIN && end != nil:
			return end
		case errno == unix.EAGAIN:
			end, moved = c.waitWritable(woken, moved), false
		default:
			return os.NewSyscallError("write", errno)
		}
	}
	return nil
}

// waitWritable waits until there may be room in the send buffer. It returns an error if the write
// is to end.
func (c *pollConn) waitWritable(woken chan error, moved bool) error {
	if moved {
		c.handler.WriteWaits()
	}
	if end := <-woken; end != nil && c.handler.Stalled() {
		return end
	}
	return nil // or bytes were taken since the write was found to be stalled
}
