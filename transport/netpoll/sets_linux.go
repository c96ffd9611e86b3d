package netpoll

import (
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// set identifies one of the epoll sets of a poller. The package's comment explains them.
type set uint8

const (
	setNone set = iota // not watched
	setNew
	setIdle
	setPaced
	setBulk
	setHangup
)

// sets are the connections of a poller.
type sets struct {
	newFor time.Duration // how long a connection counts as new

	fresh, idle, bulk, paced epoll
	writable                 epoll // of connections in which a Write waits

	mu      sync.Mutex         // a leaf; guards everything below
	conns   []*pollConn        // by socket
	writers map[int]chan error // by socket; wakes a Write that waits

	activeMu sync.Mutex  // a leaf; guards active
	active   []*pollConn // those that are paced, or were until lately
}

// open makes the epoll sets. After an error close must still be called.
func (s *sets) open() (err error) {
	s.writers = map[int]chan error{}
	for _, e := range []*epoll{&s.fresh, &s.idle, &s.bulk, &s.paced, &s.writable} {
		made, failed := newEpoll()
		*e, err = made, errors.Join(err, failed)
	}
	return err
}

// close closes all sets but writable, which is closed with its file.
func (s *sets) close() {
	s.fresh.close()
	s.idle.close()
	s.bulk.close()
	s.paced.close()
}

func (s *sets) epoll(in set) epoll {
	switch in {
	case setNew:
		return s.fresh
	case setPaced:
		return s.paced
	case setBulk:
		return s.bulk
	}
	return s.idle
}

func (s *sets) add(c *pollConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.conns) <= c.fd {
		s.conns = append(s.conns, nil)
	}
	s.conns[c.fd] = c
}

func (s *sets) remove(fd int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[fd] = nil
}

// conn returns the connection of a socket, nil if it has gone.
func (s *sets) conn(fd int) *pollConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[fd]
}

// size returns an upper bound of the number of connections.
func (s *sets) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// addWriter registers a Write that waits for a socket to be writable.
func (s *sets) addWriter(fd int, woken chan error) error {
	s.mu.Lock()
	s.writers[fd] = woken
	s.mu.Unlock()
	return s.writable.add(fd, unix.EPOLLOUT|unix.EPOLLET)
}

func (s *sets) removeWriter(fd int) {
	s.writable.remove(fd)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.writers, fd)
}

// wake makes a Write that waits continue, or end with err. An error replaces a wake-up that the
// Write has not handled yet.
func (s *sets) wake(fd int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	woken := s.writers[fd] // a nil channel is never ready
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

// activate adds a connection to the active ones. It is called by the goroutine of its poller, which
// checks the active ones next.
func (s *sets) activate(c *pollConn) {
	s.activeMu.Lock()
	defer s.activeMu.Unlock()
	s.active = append(s.active, c)
}

func (s *sets) deactivate(c *pollConn) {
	s.activeMu.Lock()
	defer s.activeMu.Unlock()
	if i := slices.Index(s.active, c); i >= 0 {
		s.active = slices.Delete(s.active, i, i+1)
	}
}

// appendActive appends the active connections to dst.
func (s *sets) appendActive(dst []*pollConn) []*pollConn {
	s.activeMu.Lock()
	defer s.activeMu.Unlock()
	return append(dst, s.active...)
}
