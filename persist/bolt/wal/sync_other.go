//go:build !linux

package wal

import "os"

// syncer syncs the written bytes of a file to the disk.
type syncer struct{ fellBack func(error) }

func (*syncer) start() {}

func (*syncer) sync(file *os.File) error { return file.Sync() }

func (*syncer) close() {}
