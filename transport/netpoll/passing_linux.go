package netpoll

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// relayGap is the longest time between two ticks of relays. A message of a connection that was
// handed on may wait for one in each direction.
const relayGap = 5 * time.Millisecond

// passing are the sockets of a poller that have no Handler: those of relays, and those that are
// watched for a hang-up.
type passing struct {
	atOnce  epoll // of new relays, and of those that pass much
	atTicks epoll // of all others: served at once, and after that at ticks until one finds nothing
	timer   timerFD
	ticks   Ticks
	gap     time.Duration // relayGap
	newFor  time.Duration // how long a relay counts as new

	// Owned by the poller's goroutine.
	now    time.Time   // of the batch that is served
	called []*tickCall // swapped with due

	mu      sync.Mutex // a leaf; guards everything below
	sockets map[int]passer
	due     []*tickCall // to be called at the next tick
	timed   bool        // there is a next tick
	closed  bool        // the poller has ended
}

// passer is called, by the goroutine of the poller, when its socket is ready. buf is lent for the
// call.
type passer interface {
	ready(events uint32, buf []byte)
}

func newPassing(ticks Ticks, newFor time.Duration) (s *passing, err error) {
	s = &passing{ticks: ticks, gap: relayGap, newFor: newFor, sockets: map[int]passer{}}
	var failed [3]error
	s.atOnce, failed[0] = newEpoll()
	s.atTicks, failed[1] = newEpoll()
	s.timer, failed[2] = newTimerFD()
	if err = errors.Join(failed[:]...); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// addTo makes a poller wait for what is to be served.
func (s *passing) addTo(wait epoll) error {
	return errors.Join(wait.add(s.atOnce.fd, unix.EPOLLIN), wait.add(s.atTicks.fd, once),
		wait.add(s.timer.fd, unix.EPOLLIN))
}

// close makes the calls that are due, and later ones at once.
func (s *passing) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.callDue()
	s.atOnce.close()
	s.atTicks.close()
	s.timer.close()
}

// enter registers a socket, which is in the epoll set whenever events of it are awaited.
func (s *passing) enter(fd int, by passer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets[fd] = by
}

// leave ends what enter has begun, unless the descriptor is another socket by now.
func (s *passing) leave(fd int, by passer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sockets[fd] == by {
		delete(s.sockets, fd)
	}
}

func (s *passing) passer(fd int) passer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sockets[fd]
}

// size returns the number of sockets.
func (s *passing) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// tick serves all sockets of the set atTicks that are ready, and makes the calls that are due. It
// makes the poller wait for the next tick, or, if it finds neither, for the next socket that is
// ready. It returns the number of sockets.
func (s *passing) tick(wait epoll, events []unix.EpollEvent, buf []byte) (n int) {
	for most := s.size(); ; {
		found := s.pass(s.atTicks, events, buf)
		if n += found; found < len(events) || n >= most {
			break
		}
	}
	if s.callDue() || n > 0 {
		s.timer.set(s.untilTick())
	} else if s.stopTicks() {
		wait.rearm(s.atTicks.fd, once)
	}
	return n
}

// callDue makes the calls that are due, and reports whether there were any. From then on there is a
// next tick.
func (s *passing) callDue() bool {
	s.mu.Lock()
	s.timed = true
	due := s.due
	s.due = s.called[:0]
	for _, c := range due {
		c.due = false
	}
	s.mu.Unlock()
	for _, c := range due {
		c.f()
	}
	s.called = due
	return len(due) > 0
}

// stopTicks stops the timer, unless a call has become due.
func (s *passing) stopTicks() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timed = len(s.due) > 0; s.timed {
		s.timer.set(s.untilTick())
		return false
	}
	s.timer.stop()
	return true
}

// tickCall is a function that is called at ticks.
type tickCall struct {
	set *passing
	f   func()
	due bool // guarded by passing.mu
}

// soon makes the function be called at the next tick.
func (c *tickCall) soon() {
	if !c.set.add(c) {
		c.f()
	}
}

// add makes a call due, and returns false if the poller has ended.
func (s *passing) add(c *tickCall) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || c.due {
		return !s.closed
	}
	c.due = true
	s.due = append(s.due, c)
	if !s.timed {
		s.timed = true
		s.timer.set(s.untilTick())
	}
	return true
}

// untilTick returns the time until the next tick of relays. Each tick of the engine is one.
func (s *passing) untilTick() time.Duration {
	return (s.ticks.UntilTick(time.Now())-1)%s.gap + 1
}

// pass serves those sockets of a batch of a set that are ready, and returns their number.
func (s *passing) pass(set epoll, events []unix.EpollEvent, buf []byte) (n int) {
	ready := set.ready(events)
	s.now = time.Now()
	for i := range ready {
		if by := s.passer(int(ready[i].Fd)); by != nil {
			by.ready(ready[i].Events, buf)
		}
	}
	return len(ready)
}
