//go:build !linux

package wal

import "os"

// syncer puts the written bytes of a file on the disk.
type syncer struct{ fellBack func(error) }

func (*syncer) start() {}

func (*syncer) sync(file *os.File) error { return file.Sync() }

func (*syncer) close() {}
