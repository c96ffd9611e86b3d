package wal

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncer syncs the written bytes of a file to the disk. Where it can it blocks no thread: the
// runtime starts another thread in the place of a blocked one, and while there is work its monitor
// looks for blocked threads every 20 µs. The zero value makes ordinary calls.
type syncer struct {
	aio      *aio        // nil: the kernel refuses, or has not been asked
	fellBack func(error) // called once with the reason for ordinary calls; may be nil
}

// start makes the aio. It is called before the first sync.
func (s *syncer) start() {
	a, refused := newAIO(1)
	if s.aio = a; refused != nil {
		s.fallBack(refused)
	}
}

// sync syncs the file's data, and the metadata needed to find it. A kernel that refuses once is not
// asked again.
func (s *syncer) sync(file *os.File) error {
	if s.aio != nil {
		refused, err := s.aio.sync(file.Fd())
		if refused == nil {
			return os.NewSyscallError("fdatasync", err)
		}
		s.fallBack(refused)
	}
	for {
		if err := unix.Fdatasync(int(file.Fd())); err != unix.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

func (s *syncer) fallBack(reason error) {
	s.close()
	if s.fellBack != nil {
		s.fellBack(reason)
	}
}

func (s *syncer) close() {
	if s.aio != nil {
		s.aio.close()
		s.aio = nil
	}
}
