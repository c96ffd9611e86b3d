package transport

import (
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// poller reads many connections, on two goroutines of its own. Those who are mostly
// silent are read as soon as something comes: prompt. Those who talk are read at every
// beat of the engine, all in one go: paced. What they say would wait for the
// end of a window anyway, and waking the process for it costs more than reading it.
type poller struct {
	beater beater
	alone  bool // there is no other

	prompt, paced epoll
	another       chan struct{} // holds a token when there is one more talker
	room          epoll         // of those in which a write waits for room
	files         []*os.File

	scratch []*fdLink // pace's

	mu      sync.Mutex // a leaf; guards everything below
	links   []*fdLink  // by socket
	writers map[int]chan error
	talkers []*fdLink // that are paced, or were
	pacing  bool      // the goroutine that reads them is there
	closed  bool
}

const (
	// readBuffer is the size of what a poller reads into, for all its connections.
	readBuffer = 64 << 10
	// talkGap is the longest silence between two messages of one who talks.
	talkGap = time.Second
	// talkEnds is how long one who talks is silent before it does not any more.
	talkEnds = 3 * time.Second
	// bulk is what has to be missing of a message for it to be read without pauses.
	bulk = readBuffer / 4
)

// beater is the engine, as far as pollers go by it.
type beater interface {
	UntilBeat(now time.Time) time.Duration
	AllRead(now time.Time)
}

func newPoller(b beater, alone bool) (p *poller, err error) {
	p = &poller{beater: b, alone: alone, another: make(chan struct{}, 1), writers: map[int]chan error{}}
	for _, set := range []*epoll{&p.prompt, &p.room, &p.paced} {
		if *set, err = newEpoll(); err != nil {
			return nil, err
		}
	}
	buf := make([]byte, readBuffer)
	if err = p.serve(p.prompt, func(fd int) { p.read(fd, buf) }); err != nil {
		return nil, err
	}
	return p, p.serve(p.room, func(fd int) { p.wake(fd, nil) })
}

// serve has a goroutine call f for each socket of set that is ready, until the poller is closed.
func (p *poller) serve(set epoll, f func(fd int)) error {
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
	go raw.Read(func(uintptr) (done bool) {
		for ready := set.ready(events); len(ready) > 0; ready = set.ready(events) {
			for i := range ready {
				f(int(ready[i].Fd))
			}
		}
		return false
	})
	return nil
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
func (p *poller) read(fd int, buf []byte) {
	p.mu.Lock()
	l := p.links[fd]
	p.mu.Unlock()
	if l != nil {
		l.read(buf)
	}
}

// talks has a link that is paced read at every beat.
func (p *poller) talks(l *fdLink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.talkers = append(p.talkers, l)
	if !p.pacing {
		p.pacing = true
		go p.pace()
		return
	}
	select {
	case p.another <- struct{}{}:
	default:
	}
}

// pace lives while there are talkers.
func (p *poller) pace() {
	buf := make([]byte, readBuffer)
	events := make([]syscall.EpollEvent, 1024)
	listened := time.Now()
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for now := listened; p.paces(); now = time.Now() {
		if now.Sub(listened) >= talkGap {
			p.listen(now)
			listened = now
		}
		alarm.Reset(p.rest(now))
		select {
		case <-p.another:
			continue
		case <-alarm.C:
		}
		for _, e := range p.paced.ready(events) {
			p.read(int(e.Fd), buf)
		}
		if p.alone {
			p.beater.AllRead(time.Now())
		}
	}
}

// rest is how long it is until the next beat at which somebody is to be read.
func (p *poller) rest(now time.Time) time.Duration {
	p.mu.Lock()
	p.scratch = append(p.scratch[:0], p.talkers...)
	p.mu.Unlock()
	defer clear(p.scratch)
	wait := talkGap
	for _, l := range p.scratch {
		if wait = min(wait, l.mayWait(now)); wait == 0 {
			break
		}
	}
	return wait + p.beater.UntilBeat(now.Add(wait-1)) - 1
}

func (p *poller) paces() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pacing = len(p.talkers) > 0 && !p.closed; p.closed {
		p.paced.close()
	}
	return p.pacing
}

// listen finds out who has fallen silent.
func (p *poller) listen(now time.Time) {
	p.mu.Lock()
	talkers := slices.Clone(p.talkers)
	p.mu.Unlock()
	for _, l := range talkers {
		if !l.talksOn(now) {
			p.hushed(l)
		}
	}
}

func (p *poller) hushed(l *fdLink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.talkers, l); i >= 0 {
		p.talkers = slices.Delete(p.talkers, i, i+1)
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
	p.mu.Lock()
	p.closed = true
	if !p.pacing { // else its goroutine does it
		p.paced.close()
	}
	p.mu.Unlock()
	for _, f := range p.files {
		_ = f.Close()
	}
}
