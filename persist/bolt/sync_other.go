//go:build !linux

package bolt

import "os"

// disk puts on the disk what was written to a file.
type disk struct{ fellBack func(error) }

func (*disk) start() {}

func (*disk) sync(file *os.File) error { return file.Sync() }

func (*disk) close() {}
