package wal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// SyncName syncs the name of a new file or directory to the disk. Windows does so by itself.
func SyncName(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	err := syncDir(filepath.Dir(path))
	if errors.Is(err, fs.ErrPermission) {
		return syncAll() // a directory that may be searched and not read
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
