//go:build !linux

package bolt

import "os"

// disk writes to a file and puts on the disk what it wrote.
type disk struct{}

func (*disk) start() {}

func (*disk) write(file *os.File, b []byte, at int64) error {
	_, err := file.WriteAt(b, at)
	return err
}

func (*disk) sync(file *os.File) error { return file.Sync() }

func (*disk) close() {}
