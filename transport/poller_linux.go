package transport

import (
	"os"
	"sync"
	"syscall"
)

// poller reads many connections, on one goroutine. Those who are mostly silent are
// read as soon as something comes: prompt. Those who talk are paced.
type poller struct {
	pacer
	prompt epoll
	room   epoll // of those in which a write waits for room
	files  []*os.File

	buf []byte // what is read goes through it

	mu      sync.Mutex // a leaf; guards everything below
	links   []*fdLink  // by socket
	writers map[int]chan error
}

const (
	// readBuffer is the size of what a poller reads into, for all its connections.
	readBuffer = 64 << 10
	// bulk is what has to be missing of a message for it to be read without pauses.
	bulk = readBuffer / 4
)

// newPoller returns a poller that is the only one, if alone.
func newPoller(b beater, alone bool) (p *poller, err error) {
	p = &poller{buf: make([]byte, readBuffer), writers: map[int]chan error{}}
	for _, set := range []*epoll{&p.prompt, &p.room} {
		if *set, err = newEpoll(); err != nil {
			return nil, err
		}
	}
	if p.pacer, err = newPacer(b, alone); err != nil {
		return nil, err
	}
	if err = p.prompt.add(p.alarm.fd, syscall.EPOLLIN); err != nil {
		return nil, err
	}
	if err = p.serve(p.prompt, p.ready, p.pacer.close); err != nil {
		return nil, err
	}
	return p, p.serve(p.room, func(fd int) { p.wake(fd, nil) }, func() {})
}

// serve has a goroutine call f for what is ready in a set, until the poller is closed, and then ended.
func (p *poller) serve(set epoll, f func(fd int), ended func()) error {
	file, err := set.watched()
	if err != nil {
		return err
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	p.files = append(p.files, file)
	events := make([]syscall.EpollEvent, 128)
	go func() {
		defer ended()
		_ = raw.Read(func(uintptr) (done bool) {
			for ready := set.ready(events); len(ready) > 0; ready = set.ready(events) {
				for i := range ready {
					f(int(ready[i].Fd))
				}
			}
			return false
		})
	}()
	return nil
}

func (p *poller) ready(fd int) {
	if fd == p.alarm.fd {
		p.beat(p.read)
		return
	}
	p.read(fd)
}

func (p *poller) set(w watching) epoll {
	if w == paced {
		return p.paced
	}
	return p.prompt
}

func (p *poller) take(l *fdLink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.links) <= l.fd {
		p.links = append(p.links, nil)
	}
	p.links[l.fd] = l
}

func (p *poller) drop(l *fdLink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links[l.fd] = nil
}

// read reads a socket that is, or was a moment ago, ready.
func (p *poller) read(fd int) {
	p.mu.Lock()
	l := p.links[fd]
	p.mu.Unlock()
	if l != nil {
		l.read(p.buf)
	}
}

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

// close ends the poller. It has no links any more.
func (p *poller) close() {
	for _, f := range p.files {
		_ = f.Close()
	}
}
