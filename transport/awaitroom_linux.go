package transport

import (
	"os"
	"syscall"
)

// writeSlowly writes p to a socket whose send buffer was full. The socket is watched once
// for the whole of p, edge-triggered: every wake-up is a change in the kernel. A level-
// triggered interest would wake the writer without end where a socket stays ready though
// nothing can be written: after the client's FIN, or while the kernel is short of memory.
// The stall clock starts anew only when bytes have been taken.
func (l *fdLink) writeSlowly(p []byte) error {
	woken := make(chan error, 1)
	l.poller.await(l.fd, woken)
	defer l.poller.await(l.fd, nil)
	if err := l.poller.room.add(l.fd, syscall.EPOLLOUT|edge); err != nil {
		return err
	}
	defer l.poller.room.remove(l.fd)
	for moved := true; len(p) > 0; {
		n, errno := writeFD(l.fd, p)
		switch errno {
		case 0:
			p, moved = p[n:], true
		case syscall.EAGAIN:
			if moved {
				l.conn.stops()
			}
			moved = false
			if err := <-woken; err != nil {
				return err
			}
		default:
			return os.NewSyscallError("write", errno)
		}
	}
	return nil
}

// edge is syscall.EPOLLET, which is a negative constant there.
const edge = 1 << 31

func (p *poller) await(fd int, woken chan error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if woken == nil {
		delete(p.writers, fd)
	} else {
		p.writers[fd] = woken
	}
}

// wake lets writeSlowly go on, or end with err, if somebody is in it.
func (p *poller) wake(fd int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.writers[fd] <- err: // a nil channel is never ready
	default:
	}
}
