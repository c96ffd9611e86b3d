package bolt

import (
	"os"
	"syscall"
)

// disk puts on the disk what was written to a file. Where it can it blocks no thread for
// that: the runtime sets another in the place of one that blocks, and while there is work
// its monitor looks every 20 µs for such. The zero value makes ordinary calls. It belongs
// to the writer.
type disk struct {
	aio      *aio        // nil: the kernel refuses, or has not been asked
	fellBack func(error) // is told once why calls are ordinary from now on; may be nil
}

// start is called before the first sync.
func (d *disk) start() {
	a, refused := newAIO(1)
	if d.aio = a; refused != nil {
		d.fallBack(refused)
	}
}

// sync puts what is in the file on the disk, and what it takes to find it. A kernel that
// refuses once is not asked again.
func (d *disk) sync(file *os.File) error {
	if d.aio != nil {
		refused, err := d.aio.sync(file.Fd())
		if refused == nil {
			return os.NewSyscallError("fdatasync", err)
		}
		d.fallBack(refused)
	}
	for {
		if err := syscall.Fdatasync(int(file.Fd())); err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

func (d *disk) fallBack(why error) {
	d.close()
	if d.fellBack != nil {
		d.fellBack(why)
	}
}

func (d *disk) close() {
	if d.aio != nil {
		d.aio.close()
		d.aio = nil
	}
}
