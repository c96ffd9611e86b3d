package netpoll

import (
	"sync"

	"golang.org/x/sys/unix"
)

// passing are the sockets of a poller that have no Handler: those of relays, and those that are
// watched for a hang-up.
type passing struct {
	epoll
	mu      sync.Mutex // a leaf; guards sockets
	sockets map[int]passer
}

// passer is called, by the goroutine of the poller, when its socket is ready. buf is lent for the
// call.
type passer interface {
	ready(events uint32, buf []byte)
}

func newPassing() (*passing, error) {
	set, err := newEpoll()
	if err != nil {
		return nil, err
	}
	return &passing{epoll: set, sockets: map[int]passer{}}, nil
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

// change makes the epoll set report other events of a descriptor than before; none: 0.
func (s *passing) change(fd int, before, events uint32) error {
	switch {
	case before == events:
		return nil
	case events == 0:
		s.remove(fd)
		return nil
	case before == 0:
		return s.add(fd, events)
	}
	return s.control(unix.EPOLL_CTL_MOD, fd, events)
}

// pass handles those sockets of a batch that are ready, and returns their number.
func (s *passing) pass(events []unix.EpollEvent, buf []byte) (n int) {
	ready := s.epoll.ready(events)
	for i := range ready {
		if by := s.passer(int(ready[i].Fd)); by != nil {
			by.ready(ready[i].Events, buf)
		}
	}
	return len(ready)
}
