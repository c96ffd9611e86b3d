package bolt

import (
	"os"
	"syscall"
)

// disk writes to a file and puts on the disk what it wrote. Where it can it blocks no
// thread for that: the runtime sets another in the place of one that blocks, and while
// there is work its monitor looks every 20 µs for such. The zero value makes ordinary
// calls. It belongs to the writer.
type disk struct {
	aio *aio // nil: the kernel refuses, or has not been asked
}

// start is called once the first readyTail bytes of the file are on the disk.
func (d *disk) start() { d.aio = newAIO(1) }

func (d *disk) write(file *os.File, b []byte, at int64) error {
	quick := d.aio != nil && at+int64(len(b)) <= readyTail
	if quick && d.aio.write(file.Fd(), b, at) {
		return nil
	}
	_, err := file.WriteAt(b, at)
	return err
}

// sync puts what is in the file on the disk, and what it takes to find it. A kernel that
// refuses once is not asked again.
func (d *disk) sync(file *os.File) error {
	if d.aio != nil {
		if ok, err := d.aio.sync(file.Fd()); ok {
			return os.NewSyscallError("fdatasync", err)
		}
		d.close()
	}
	for {
		if err := syscall.Fdatasync(int(file.Fd())); err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

func (d *disk) close() {
	if d.aio != nil {
		d.aio.close()
		d.aio = nil
	}
}
