package bolt

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// What the kernel reads and writes: linux/aio_abi.h, and io_setup(2), io_submit(2) and
// io_getevents(2). Key and rwFlags change places with the byte order; both stay zero here.
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
	fdsync    = 3 // IOCB_CMD_FDSYNC, of Linux 4.18
	flagResfd = 1 // IOCB_FLAG_RESFD: tell an eventfd

	// longWrite is how long a write takes that had to wait, and with it all that its
	// thread was to run. A disk that is behind stays so for a while: the next longWrites,
	// a second's worth of a busy server, are made where waiting does no harm.
	longWrite  = time.Millisecond
	longWrites = 50
)

// aio asks the kernel to sync a file, and waits for that in Go's network poller. Go's
// scheduler is not told of its system calls, as they do not block. One request is under
// way at a time.
//
// The kernel is given pointers into it, and is done with them when the call returns: an
// iocb is copied, and an event is not written before it is asked for.
type aio struct {
	ring     uintptr            // aio_context_t
	eventfd  *os.File           // readable when the request is done
	wait     syscall.RawConn    // of eventfd
	finished func(uintptr) bool // read, allocated once

	request  iocb
	requests [1]*iocb
	result   ioEvent
	atOnce   syscall.Timespec // zero: io_getevents does not wait
	count    uint64           // what eventfd said

	vec  syscall.Iovec
	left int // how many writes it still says no to, after a long one
}

// newAIO is nil where the kernel refuses, as in some containers and where fs.aio-max-nr
// is used up. The caller closes it. One event is enough.
func newAIO(events int) *aio {
	a := &aio{}
	if _, _, errno := syscall.Syscall(syscall.SYS_IO_SETUP, uintptr(events), uintptr(unsafe.Pointer(&a.ring)), 0); errno != 0 {
		return nil
	}
	fd, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		a.destroy()
		return nil
	}
	a.eventfd = os.NewFile(fd, "eventfd")
	a.wait, _ = a.eventfd.SyscallConn() // fails without a file only
	a.finished = a.read
	a.request = iocb{opcode: fdsync, flags: flagResfd, resfd: uint32(fd)}
	a.requests[0] = &a.request
	return a
}

// close takes the kernel some ten milliseconds.
func (a *aio) close() {
	a.destroy()
	_ = a.eventfd.Close() // nothing was written to it
}

func (a *aio) destroy() { _, _, _ = syscall.Syscall(syscall.SYS_IO_DESTROY, a.ring, 0, 0) }

// sync is fdatasync(2). It says no if the kernel could not be asked, or not be heard.
func (a *aio) sync(fd uintptr) (ok bool, err error) {
	a.request.fd = uint32(fd)
	_, _, errno := syscall.RawSyscall(syscall.SYS_IO_SUBMIT, a.ring, 1, uintptr(unsafe.Pointer(&a.requests)))
	if errno != 0 || a.wait.Read(a.finished) != nil {
		return false, nil
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_IO_GETEVENTS, a.ring, 0, 1,
		uintptr(unsafe.Pointer(&a.result)), uintptr(unsafe.Pointer(&a.atOnce)), 0)
	if errno != 0 || n != 1 {
		return false, nil
	}
	if a.result.res < 0 {
		return true, syscall.Errno(-a.result.res)
	}
	return true, nil
}

// read says whether the eventfd has something to say, and takes it.
func (a *aio) read(fd uintptr) bool {
	_, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&a.count)), unsafe.Sizeof(a.count))
	return errno != syscall.EAGAIN
}

// write writes all of b, or says no and b is to be written again. It copies to pages that
// are there already, and waits only while the system has too much to put on the disk. A
// request would wait just the same, and RWF_NOWAIT, which would not, ext4 always refuses.
func (a *aio) write(fd uintptr, b []byte, at int64) (ok bool) {
	if a.left > 0 {
		a.left--
		return false
	}
	start := time.Now()
	a.vec.Base = unsafe.SliceData(b)
	a.vec.SetLen(len(b))
	// pwritev takes an offset in two halves, and so is called alike everywhere.
	n, _, errno := syscall.RawSyscall6(syscall.SYS_PWRITEV, fd, uintptr(unsafe.Pointer(&a.vec)), 1, uintptr(at), 0, 0)
	if time.Since(start) > longWrite {
		a.left = longWrites
	}
	return errno == 0 && int(n) == len(b)
}
