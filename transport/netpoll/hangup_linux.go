package netpoll

import (
	"net"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// hangup is a socket whose client is expected to do nothing but to wait.
type hangup struct {
	set    *passing
	fd     int
	called atomic.Bool
	hungUp func()
}

// ready implements passer.
func (h *hangup) ready(uint32, []byte) {
	h.set.leave(h.fd, h)
	if !h.called.Swap(true) {
		go h.hungUp()
	}
}

// watchHangup is Pollers.WatchHangup for a poller.
func watchHangup(s *passing, c net.Conn, hungUp func()) (stop func(), err error) {
	raw, err := rawOf(c)
	if err != nil {
		return nil, err
	}
	h := &hangup{set: s, hungUp: hungUp}
	failed := raw.Control(func(fd uintptr) {
		h.fd = int(fd)
		s.enter(h.fd, h)
		err = s.atTicks.add(h.fd, unix.EPOLLRDHUP|unix.EPOLLONESHOT)
	})
	if failed != nil {
		err = failed
	}
	if err != nil {
		s.leave(h.fd, h)
		return nil, err
	}
	return func() {
		h.called.Store(true)
		s.leave(h.fd, h)
		_ = raw.Control(func(fd uintptr) { s.atTicks.remove(int(fd)) })
	}, nil
}
