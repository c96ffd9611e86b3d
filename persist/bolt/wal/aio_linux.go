package wal

import (
	"errors"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel's structures, of linux/aio_abi.h; io_setup(2), io_submit(2) and io_getevents(2)
// use them. Package unix has neither them nor their constants. The fields key and rwFlags change
// places with the byte order; both stay zero here.
type (
	iocb struct {
		data         uint64
		key, rwFlags uint32
		opcode       uint16
		priority     int16
		fd           uint32
		buf, nbytes  uint64
		offset       int64
		reserved     uint64
		flags        uint32
		resfd        uint32
	}
	ioEvent struct {
		data, obj uint64
		res, res2 int64
	}
)

const (
	cmdFdsync = 3 // IOCB_CMD_FDSYNC, of Linux 4.18
	flagResfd = 1 // IOCB_FLAG_RESFD: add 1 to an eventfd when done
)

// aio asks the kernel to sync a file, and waits for that in Go's network poller. One request is
// under way at a time. io_submit(2) may wait for memory or for a place in a queue, so it is a call
// that Go's scheduler knows of; the calls that never wait are not. A call that blocks unknown to
// the scheduler occupies a processor, and delays the garbage collector.
//
// The kernel receives pointers into it, and does not keep them when the call returns: an iocb is
// copied, and an event is not written before it is requested.
type aio struct {
	ring     uintptr            // aio_context_t
	eventfd  *os.File           // readable when the request is done
	wait     syscall.RawConn    // of eventfd
	finished func(uintptr) bool // read, as a value that is allocated once

	request  iocb
	requests [1]*iocb
	result   ioEvent
	atOnce   syscall.Timespec // zero: io_getevents does not wait
	count    uint64           // read from eventfd
}

// newAIO fails where the kernel refuses, as in some containers and where fs.aio-max-nr
// is used up. The caller closes it. One event is enough.
func newAIO(events int) (*aio, error) {
	a := &aio{}
	_, _, errno := syscall.Syscall(syscall.SYS_IO_SETUP, uintptr(events),
		uintptr(unsafe.Pointer(&a.ring)), 0)
	if errno != 0 {
		return nil, os.NewSyscallError("io_setup", errno)
	}
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		a.destroy()
		return nil, os.NewSyscallError("eventfd2", err)
	}
	a.eventfd = os.NewFile(uintptr(fd), "eventfd")
	a.wait, _ = a.eventfd.SyscallConn() // fails without a file only
	a.finished = a.read
	a.request = iocb{opcode: cmdFdsync, flags: flagResfd, resfd: uint32(fd)}
	a.requests[0] = &a.request
	return a, nil
}

// close releases the kernel's context, which takes some ten milliseconds.
func (a *aio) close() {
	a.destroy()
	_ = a.eventfd.Close() // nothing was written to it
}

func (a *aio) destroy() { _, _, _ = syscall.Syscall(syscall.SYS_IO_DESTROY, a.ring, 0, 0) }

// sync is fdatasync(2). refused is set, and nothing is synced, if the kernel cannot be asked or
// its answer cannot be received.
func (a *aio) sync(fd uintptr) (refused, err error) {
	a.request.fd = uint32(fd)
	_, _, errno := syscall.Syscall(syscall.SYS_IO_SUBMIT, a.ring, 1,
		uintptr(unsafe.Pointer(&a.requests)))
	if errno != 0 {
		return os.NewSyscallError("io_submit", errno), nil
	}
	if err := a.wait.Read(a.finished); err != nil {
		return err, nil
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_IO_GETEVENTS, a.ring, 0, 1,
		uintptr(unsafe.Pointer(&a.result)), uintptr(unsafe.Pointer(&a.atOnce)), 0)
	switch {
	case errno != 0:
		return os.NewSyscallError("io_getevents", errno), nil
	case n != 1:
		return errNoResult, nil
	case a.result.res < 0:
		return nil, syscall.Errno(-a.result.res)
	}
	return nil, nil
}

var errNoResult = errors.New("io_getevents: no result")

// read reads the eventfd and reports whether it was readable. It does not wait, as the eventfd is
// EFD_NONBLOCK.
func (a *aio) read(fd uintptr) bool {
	_, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd,
		uintptr(unsafe.Pointer(&a.count)), unsafe.Sizeof(a.count))
	return errno != syscall.EAGAIN
}
