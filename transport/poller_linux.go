package transport

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// poller reads many connections, on one goroutine. Those who have just come, and may have
// much to say and to ask, are read as soon as something comes: fresh. So are those who are
// mostly silent, prompt; where they are so many that there is something in every beat
// they are read in beats. Those who talk are paced.
type poller struct {
	pacer
	fresh, prompt epoll
	bulky         epoll // those in the midst of a long message, or of what is dropped

	gate  epoll // of fresh and bulky, of prompt while that is waited for, and of the pacer's alarm
	room  epoll // of those in which a write waits for room
	files []*os.File

	// The goroutine's.
	buf    []byte // what is read goes through it
	events []syscall.EpollEvent
	shut   bool // prompt is not waited for, but looked at in the next beat

	reports atomic.Uint64 // how often a socket or a set was found ready

	mu      sync.Mutex // a leaf; guards everything below
	links   []*fdLink  // by socket
	writers map[int]chan error
}

const (
	// readBuffer is the size of what a poller reads into, for all its connections.
	readBuffer = 64 << 10
	// freshFor is how long a connection counts as one that has just come.
	freshFor = time.Second
)

// newPoller returns a poller that is the only one, if alone.
func newPoller(b beater, alone bool) (*poller, error) {
	p := &poller{buf: make([]byte, readBuffer), events: make([]syscall.EpollEvent, 128), writers: map[int]chan error{}}
	if err := p.makeSets(b, alone); err != nil {
		p.gate.close()
		p.room.close()
		p.end()
		return nil, err
	}
	err := p.serve(p.room, func(fd int) { p.wake(fd, nil) }, func() {})
	if err == nil {
		err = p.serve(p.gate, p.turn, p.end)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *poller) makeSets(b beater, alone bool) (err error) {
	p.pacer = newPacer(b, alone)
	for _, set := range []*epoll{&p.fresh, &p.prompt, &p.bulky, &p.paced, &p.gate, &p.room} {
		made, failed := newEpoll()
		*set, err = made, errors.Join(err, failed)
	}
	alarm, failed := newTimerFD()
	if p.alarm = alarm; err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	return errors.Join(p.gate.add(p.fresh.fd, syscall.EPOLLIN), p.gate.add(p.bulky.fd, syscall.EPOLLIN), p.gate.add(p.prompt.fd, once), p.gate.add(p.alarm.fd, syscall.EPOLLIN))
}

const once = syscall.EPOLLIN | syscall.EPOLLONESHOT

// serve has a goroutine call f for what is ready in a set, until the poller is closed, and then ended.
func (p *poller) serve(set epoll, f func(fd int), ended func()) error {
	file, err := set.watched()
	if err != nil {
		return err
	}
	p.files = append(p.files, file)
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	events := make([]syscall.EpollEvent, 16)
	go func() {
		defer ended()
		_ = raw.Read(func(uintptr) (done bool) {
			for ready := set.ready(events); len(ready) > 0; ready = set.ready(events) {
				p.reports.Add(uint64(len(ready)))
				for i := range ready {
					f(int(ready[i].Fd))
				}
			}
			return false
		})
	}()
	return nil
}

// turn is called when one of the sets that are waited for is ready, or the alarm.
func (p *poller) turn(fd int) {
	switch fd {
	case p.fresh.fd:
		p.readAll(p.fresh)
	case p.prompt.fd:
		p.shut = true
		p.readAll(p.prompt)
	case p.bulky.fd:
		p.readBulky()
		return
	case p.alarm.fd:
		p.readAll(p.paced)
		if p.shut && p.readAll(p.prompt) == 0 {
			p.open()
		}
		p.beaten()
	}
	p.rearm(p.shut)
}

// open has prompt be waited for.
func (p *poller) open() {
	if p.shut {
		p.shut = false
		p.gate.again(p.prompt.fd, once)
	}
}

// readAll reads each that is ready in a set, and says how many were. Some may be ready
// still: those that may wait, and those that send more than can be read at a time.
func (p *poller) readAll(set epoll) (n int) {
	for most := p.size(); ; {
		ready := set.ready(p.events)
		p.reports.Add(uint64(len(ready)))
		for i := range ready {
			p.read(int(ready[i].Fd))
		}
		if n += len(ready); len(ready) < len(p.events) || n >= most {
			return n
		}
	}
}

// size is not less than the number of links.
func (p *poller) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

func (p *poller) set(w watching) epoll {
	switch w {
	case fresh:
		return p.fresh
	case paced:
		return p.paced
	case bulky:
		return p.bulky
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
func (p *poller) read(fd int) (cost int) {
	p.mu.Lock()
	l := p.links[fd]
	p.mu.Unlock()
	if l == nil {
		return 0
	}
	return l.read(p.buf)
}

// close ends the poller, which has no links any more.
func (p *poller) close() {
	for _, f := range p.files {
		_ = f.Close() // and with it its set
	}
}

// end is called when nothing is read any more.
func (p *poller) end() {
	p.fresh.close()
	p.prompt.close()
	p.bulky.close()
	p.paced.close()
	p.alarm.close()
}
