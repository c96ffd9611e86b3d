//go:build !linux

package doctor

import "errors"

// fileSystem describes the file system of a directory.
type fileSystem struct {
	kind         string
	free, size   uint64
	files, total uint64
}

func statFS(string) (f fileSystem, err error) {
	return f, errors.New("unknown on this system")
}
