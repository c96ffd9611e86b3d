package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/pages"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

const (
	restoringName = dbName + ".restoring" // a database that is being made of a backup
	replacedName  = "replaced-"           // with a time behind it: a folder with a store's files
)

// ErrHasData is returned by Restore for a directory that has a store.
var ErrHasData = errors.New("there is data already")

// lockDirectory keeps other Restores from a directory, and fails while a store is open in it.
func lockDirectory(dir string) (*os.File, error) {
	if db, err := os.Open(filepath.Join(dir, dbName)); err == nil {
		defer db.Close()
		if pages.Lock(db, lockWait) != nil {
			return nil, fmt.Errorf("%w: %s", persist.ErrInUse, dir)
		}
	}
	lock, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if pages.Lock(lock, lockWait) != nil {
		err := fmt.Errorf("%w: something else is being restored in %s", persist.ErrInUse, dir)
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// storesFiles lists the files of a store in a directory, but for the marker, the database first.
func storesFiles(dir string) (names []string, marked bool, err error) {
	entries, err := os.ReadDir(dir) // in order of their names
	for _, e := range entries {
		switch name := e.Name(); {
		case name == restoringName:
		case name == markerName:
			marked = true
		case strings.HasPrefix(name, dbName), strings.HasPrefix(name, wal.FileName),
			strings.HasPrefix(name, markerName):
			names = append(names, name)
		}
	}
	return names, marked, err
}

// moveAside moves the files of the store in dir to a new folder. The marker is copied, and stays:
// until a new database has its name, it keeps Open from beginning an empty store.
func moveAside(dir, aside string, names []string, marked bool) error {
	if err := os.Mkdir(aside, 0o700); err != nil {
		return err
	}
	if marked {
		marker, err := os.ReadFile(filepath.Join(dir, markerName))
		if err == nil {
			err = os.WriteFile(filepath.Join(aside, markerName), marker, 0o600)
		}
		if err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(aside, name)); err != nil {
			return err
		}
	}
	return errors.Join(wal.SyncName(filepath.Join(aside, dbName)), wal.SyncName(aside))
}

// install gives the files of a new store their names, the marker last: until then an old marker may
// keep Open from taking the new database for an older state of the old one.
func install(dir string, commits uint64) error {
	path := filepath.Join(dir, dbName)
	if err := takeName(filepath.Join(dir, restoringName), path); err != nil {
		return err
	}
	return errors.Join(wal.SyncName(path), writeMarker(dir, commits))
}

// takeName gives a file a name that no other file has. Where there are hard links that is certain
// even if another process is about to make one.
func takeName(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		return os.Remove(from)
	}
	if _, missing := os.Lstat(to); missing == nil {
		return fmt.Errorf("%w: %s was made meanwhile", ErrHasData, to)
	}
	return os.Rename(from, to)
}

func removeExisting(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
