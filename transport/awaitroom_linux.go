package transport

import (
	"os"
	"syscall"
)

// writeSlowly writes p to a socket whose send buffer was full. The socket is watched once
// for the whole of p, edge-triggered: every wake-up is a change in the kernel. A level-
// triggered interest would wake the writer without end where a socket stays ready though
// nothing can be written: after the client's FIN, or while the kernel is short of memory.
// The stall clock starts anew only when bytes have been taken. Who is to end tries once more:
// there may be room that it has not been woken for yet.
func (l *fdLink) writeSlowly(p []byte) error {
	woken := make(chan error, 1)
	l.poller.await(l.fd, woken)
	defer l.poller.await(l.fd, nil)
	if err := l.poller.room.add(l.fd, syscall.EPOLLOUT|edge); err != nil {
		return err
	}
	defer l.poller.room.remove(l.fd)
	var end error
	for moved := true; len(p) > 0; {
		n, errno := writeFD(l.fd, p)
		switch {
		case errno == 0:
			p, moved, end = p[n:], true, nil
		case errno == syscall.EAGAIN && end != nil:
			return end
		case errno == syscall.EAGAIN:
			if moved {
				l.conn.stops()
			}
			moved = false
			if end = <-woken; end != nil && !l.conn.stalls(l.conn.now()) {
				end = nil // it has got on since that was found
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

// wake lets writeSlowly go on, or end with err, if somebody is in it. An end takes the place of a
// wake-up that the writer has not seen yet.
func (p *poller) wake(fd int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	woken := p.writers[fd] // nil is never ready
	if err != nil {
		select {
		case <-woken:
		default:
		}
	}
	select {
	case woken <- err:
	default:
	}
}
