package netpoll

import (
	"os"

	"golang.org/x/sys/unix"
)

// writeWaiting writes p to a socket whose send buffer was full. It watches the socket once for the
// whole of p, edge-triggered, so that each wake-up is a change in the kernel. With level triggering
// the writer would be woken without end when a socket stays ready though nothing can be written:
// after the client's FIN, or while the kernel lacks memory.
//
// It calls Handler.WriteWaits again only after some bytes were taken. After Unblock it tries once
// more, as there may be room in the buffer without a wake-up yet.
func (c *pollConn) writeWaiting(p []byte) error {
	woken := make(chan error, 1)
	defer c.sets.removeWriter(c.fd)
	if err := c.sets.addWriter(c.fd, woken); err != nil {
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

// waitWritable waits until there may be room in the send buffer. Its error ends the write.
func (c *pollConn) waitWritable(woken chan error, moved bool) error {
	if moved {
		c.handler.WriteWaits()
	}
	if end := <-woken; end != nil && c.handler.Stalled() {
		return end
	}
	return nil // woken, or bytes were taken after the write had been found stalled
}
