package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

const (
	dbName = "rooms.db"

	// lockWait is how long Open tries for the lock, for the sake of a process that
	// has just exited. bbolt tries every 50 ms.
	lockWait = 200 * time.Millisecond
)

// openDB opens the database in dir, which it makes if it is missing.
func openDB(dir string) (db *bbolt.DB, err error) {
	_, missing := os.Stat(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, openError(dir, err)
	}
	for _, space := range []int{mmapSize(), 0} { // less where there is a limit to the address space
		err = guard(func() (err error) {
			db, err = bbolt.Open(filepath.Join(dir, dbName), 0o600, options(space))
			return err
		})
		if !errors.Is(err, syscall.ENOMEM) {
			break
		}
	}
	if err != nil {
		return nil, openError(dir, err)
	}
	if err = wal.SyncName(filepath.Join(dir, dbName)); err == nil && missing != nil {
		err = wal.SyncName(dir)
	}
	return db, err
}

// options returns bbolt's options for a journal: small commits, values of all sizes, few readers,
// and a file that should keep its size.
func options(space int) *bbolt.Options {
	return &bbolt.Options{
		Timeout: lockWait,
		// Taking n pages in a row from the sorted array costs a pass over all free
		// pages; the map finds them by size.
		FreelistType: bbolt.FreelistMapType,
		// The free list is written with every commit. That is a page or a few, as pages that
		// snapshots free are soon used again. Without it opening would walk through every page of
		// the file, and one damaged page would keep all rooms from opening.
		NoFreelistSync: false,
		// Growing the map waits for every reader and copies the pages of the writer, so the map is
		// large from the start.
		InitialMmapSize: space,
		// Nothing reads the statistics, and they cost every transaction a lock.
		NoStatistics: true,
		// PreLoadFreelist is always on for a writer. NoGrowSync stays off: the length
		// of the file must be on the disk before a commit relies on it.
	}
}

// mmapSize returns a gigabyte of address space where that costs nothing: not with 32 bits, and not
// on Windows, where the file itself would be made as large.
func mmapSize() int {
	if bits.UintSize == 32 || runtime.GOOS == "windows" {
		return 0
	}
	return 1 << 30
}

func openError(dir string, err error) error {
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return fmt.Errorf("%w: %s", persist.ErrInUse, dir)
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrChecksum):
		path := filepath.Join(dir, dbName)
		return fmt.Errorf("%w: %s: %w; %s", persist.ErrCorrupt, path, err, seeRepair)
	case errors.Is(err, bbolterrors.ErrVersionMismatch):
		return fmt.Errorf("%w: %s: %w", persist.ErrFormat, filepath.Join(dir, dbName), err)
	case errors.Is(err, syscall.ENOMEM):
		const format = "%s cannot be mapped into memory: %w; " +
			"raise or lift the limit to the process' address space (ulimit -v, RLIMIT_AS, " +
			"LimitAS= of systemd) to more than the file's size and a gigabyte"
		return fmt.Errorf(format, filepath.Join(dir, dbName), err)
	case errors.Is(err, syscall.ENODEV):
		const format = "%s cannot be mapped into memory: %w; " +
			"its file system does not allow it: have data_dir on a local disk"
		return fmt.Errorf(format, filepath.Join(dir, dbName), err)
	case errors.Is(err, fs.ErrPermission):
		const format = "%w; the directory and its files must belong to the user that the process runs as"
		return fmt.Errorf(format, err)
	}
	return err
}

// guard returns an ErrCorrupt for a panic in f, and for a fault in the mapped file: that is how
// bbolt responds to a damaged page, and one room's damaged page must not end a server of many.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", persist.ErrCorrupt, p)
		}
	}()
	return f()
}

const seeRepair = "civic-realtime repair shows what can be had"
