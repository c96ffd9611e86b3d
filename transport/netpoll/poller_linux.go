package netpoll

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// poller reads many connections, on one goroutine, and wakes those that wait to be written, on
// another.
type poller struct {
	sets
	scheduler
	held  heldStreams
	wait  epoll // contains fresh, bulk, the timer, and idle unless idleOnce
	files []*os.File

	// Owned by the goroutine that reads.
	buf      []byte // everything is read into it
	events   []unix.EpollEvent
	idleOnce bool // idle is not waited for, but read at the next tick

	reports atomic.Uint64 // how often a descriptor was found ready

	passingMu sync.Mutex              // a leaf; held while passing is made
	passing   atomic.Pointer[passing] // nil until the first is added
}

// newPoller starts a poller. alone is set if it is the only one.
func newPoller(ticks Ticks, newFor time.Duration, alone bool) (*poller, error) {
	p, err := makePoller(ticks, newFor, alone)
	if err != nil {
		p.wait.close()
		p.writable.close()
		p.end()
		return nil, err
	}
	err = p.serve(p.writable, func(fd int) { p.wake(fd, nil) }, func() {})
	if err == nil {
		err = p.serve(p.wait, p.turn, p.end)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// makePoller returns a poller without goroutines, also when it fails.
func makePoller(ticks Ticks, newFor time.Duration, alone bool) (p *poller, err error) {
	p = &poller{buf: make([]byte, readBuffer), events: make([]unix.EpollEvent, 128)}
	p.newFor = newFor
	p.scheduler = scheduler{sets: &p.sets, ticks: ticks, held: &p.held, alone: alone}
	err = p.sets.open()
	var failed [2]error
	p.wait, failed[0] = newEpoll()
	p.timer, failed[1] = newTimerFD()
	p.held.ticks, p.held.timer = ticks, p.timer
	if err = errors.Join(err, failed[0], failed[1]); err != nil {
		return p, err
	}
	return p, errors.Join(
		p.wait.add(p.fresh.fd, unix.EPOLLIN), p.wait.add(p.bulk.fd, unix.EPOLLIN),
		p.wait.add(p.idle.fd, once), p.wait.add(p.timer.fd, unix.EPOLLIN))
}

// serve starts a goroutine that calls f for each descriptor that is ready in a set, until the
// poller is closed, and then calls ended.
func (p *poller) serve(set epoll, f func(fd int), ended func()) error {
	file, err := set.file()
	if err != nil {
		return err
	}
	p.files = append(p.files, file)
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	events := make([]unix.EpollEvent, 16)
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

// turn reads the connections of a set that is ready, or, if the timer has expired, those that are
// read at ticks.
func (p *poller) turn(fd int) {
	switch fd {
	case p.fresh.fd:
		p.readAll(p.fresh)
	case p.idle.fd:
		p.idleOnce = true
		p.readAll(p.idle)
	case p.bulk.fd:
		p.readBulk()
		return
	default:
		p.pass(fd)
		return
	case p.timer.fd:
		p.readAll(p.paced)
		p.held.deliver()
		if p.idleOnce && p.readAll(p.idle) == 0 {
			p.idleOnce = false
			p.wait.rearm(p.idle.fd, once)
		}
		p.ticked()
	}
	p.rearm(p.idleOnce)
}

// pass serves sockets without a Handler whose set is ready, or their timer.
func (p *poller) pass(fd int) {
	s, n := p.passing.Load(), 0
	switch {
	case s == nil:
	case fd == s.atOnce.fd:
		n = s.pass(s.atOnce, p.events, p.buf)
	case fd == s.atTicks.fd || fd == s.timer.fd:
		n = s.tick(p.wait, p.events, p.buf)
	}
	p.reports.Add(uint64(n))
}

// readAll reads each connection that is ready in a set, and returns their number. Some may stay
// ready: those that may wait, and those that send more than is read at a time.
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

// bulkTurn is about how many bytes of the set bulk are read before other sets are.
const bulkTurn = 1 << 20

// readBulk reads connections in the middle of long messages, a piece of each in turn. It asks the
// kernel for one at a time, as the kernel puts a reported one behind the others.
func (p *poller) readBulk() {
	for cost := 0; cost < bulkTurn; {
		ready := p.bulk.ready(p.events[:1])
		if len(ready) == 0 {
			return
		}
		p.reports.Add(1)
		cost += max(1, p.read(int(ready[0].Fd)))
	}
}

// read reads a socket that is ready, or was a moment ago.
func (p *poller) read(fd int) (cost int) {
	if c := p.conn(fd); c != nil {
		return c.read(p.buf)
	}
	return 0
}

// close ends the poller, which must have no connections any more.
func (p *poller) close() {
	for _, f := range p.files {
		_ = f.Close() // closes its epoll set, too
	}
}

// passers returns the sockets without a Handler. Their epoll sets are made when they are first
// needed.
func (p *poller) passers() (*passing, error) {
	p.passingMu.Lock()
	defer p.passingMu.Unlock()
	if s := p.passing.Load(); s != nil {
		return s, nil
	}
	s, err := newPassing(p.ticks, p.newFor)
	if err != nil {
		return nil, err
	}
	p.passing.Store(s)
	if err := s.addTo(p.wait); err != nil {
		p.passing.Store(nil)
		s.close()
		return nil, err
	}
	return s, nil
}

// end frees the poller when nothing is read any more.
func (p *poller) end() {
	if s := p.passing.Load(); s != nil {
		s.close()
	}
	p.sets.close()
	p.held.close()
	p.timer.close()
}
