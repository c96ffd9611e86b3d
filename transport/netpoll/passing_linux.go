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

	now time.Time // of the batch that is served; it belongs to the poller's goroutine

	mu      sync.Mutex // a leaf; guards sockets
	sockets map[int]passer
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

func (s *passing) close() {
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

// tick serves all sockets of the set atTicks that are ready, and makes the poller wait for the next
// tick, or, if it finds none, for the next that is ready. It returns their number.
func (s *passing) tick(wait epoll, events []unix.EpollEvent, buf []byte) (n int) {
	for most := s.size(); ; {
		found := s.pass(s.atTicks, events, buf)
		if n += found; found < len(events) || n >= most {
			break
		}
	}
	if n > 0 {
		s.timer.set(s.untilTick())
		return n
	}
	s.timer.stop()
	wait.rearm(s.atTicks.fd, once)
	return n
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
