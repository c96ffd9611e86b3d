package netpoll

import (
	"os"

	"golang.org/x/sys/unix"
)

// epoll is a set of descriptors; the kernel reports those that are ready.
type epoll struct{ fd int }

// once makes an epoll set report a descriptor one time.
const once = unix.EPOLLIN | unix.EPOLLONESHOT

func newEpoll() (epoll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC) // -1 after an error
	return epoll{fd}, os.NewSyscallError("epoll_create1", err)
}

// add adds a descriptor. It fails only for lack of memory.
func (e epoll) add(fd int, events uint32) error {
	return e.control(unix.EPOLL_CTL_ADD, fd, events)
}

// rearm makes the set report a descriptor again that was added with EPOLLONESHOT.
func (e epoll) rearm(fd int, events uint32) { _ = e.control(unix.EPOLL_CTL_MOD, fd, events) }

func (e epoll) remove(fd int) { _ = e.control(unix.EPOLL_CTL_DEL, fd, 0) }

// change makes the set report other events of a descriptor than before; none: 0.
func (e epoll) change(fd int, before, events uint32) error {
	switch {
	case before == events:
		return nil
	case events == 0:
		e.remove(fd)
		return nil
	case before == 0:
		return e.add(fd, events)
	}
	return e.control(unix.EPOLL_CTL_MOD, fd, events)
}

func (e epoll) control(op, fd int, events uint32) error {
	event := unix.EpollEvent{Events: events, Fd: int32(fd)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(e.fd, op, fd, &event))
}

// ready returns the descriptors that are ready now, in the memory of events, and does not wait.
func (e epoll) ready(events []unix.EpollEvent) []unix.EpollEvent { return epollWait(e.fd, events) }

// file returns e as a file that is readable when one of its descriptors is ready, so that a
// goroutine can wait for it as for any connection. Closing the file closes e.
func (e epoll) file() (*os.File, error) {
	if err := unix.SetNonblock(e.fd, true); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(e.fd), "epoll"), nil
}

func (e epoll) close() { _ = unix.Close(e.fd) }
