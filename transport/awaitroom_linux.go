package transport

import "syscall"

// awaitRoom returns when more can be written, or with the error that wake was called with.
func (p *poller) awaitRoom(l *fdLink) error {
	woken := make(chan error, 1)
	p.await(l.fd, woken)
	defer p.await(l.fd, nil)
	if err := p.room.add(l.fd, syscall.EPOLLOUT|syscall.EPOLLRDHUP|syscall.EPOLLONESHOT); err != nil {
		return err
	}
	defer p.room.remove(l.fd)
	return <-woken
}

func (p *poller) await(fd int, woken chan error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if woken == nil {
		delete(p.writers, fd)
	} else {
		p.writers[fd] = woken
	}
}

// wake ends awaitRoom, if somebody is in it.
func (p *poller) wake(fd int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.writers[fd] <- err: // a nil channel is never ready
	default:
	}
}
