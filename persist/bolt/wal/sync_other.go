//go:build !linux

package wal

import "os"

// syncer puts on the disk what was written to a file.
type syncer struct{ fellBack func(error) }

func (*syncer) start() {}

func (*syncer) sync(file *os.File) error { return file.Sync() }

func (*syncer) close() {}
