package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// markerName is a file that says that there is a store, and which transaction was the
// newest when it was opened or closed last. With it a database that is missing, empty or
// older is told from one that never was.
const markerName = "rooms.mark"

const markerText = "civic-realtime store, transaction %d\n"

// readMarker returns 0 where there is none, or one that says nothing.
func readMarker(dir string) (commits uint64, exists bool, err error) {
	b, err := os.ReadFile(filepath.Join(dir, markerName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	var sum uint32
	if n, _ := fmt.Sscanf(string(b), markerText+"checksum %x\n", &commits, &sum); n != 2 || sum != wal.Checksum(fmt.Appendf(nil, markerText, commits)) {
		commits = 0
	}
	return commits, err == nil, err
}

// saveMarker notes how many transactions there were. An older note is as good, only less so: a
// full disk stops nothing.
func (s *Store) saveMarker() {
	if err := writeMarker(filepath.Dir(s.db.Path()), s.commits); err != nil {
		s.log.Warn("it cannot be noted how new the database is", slog.String("reason", err.Error()))
	}
}

func writeMarker(dir string, commits uint64) error {
	text := fmt.Appendf(nil, markerText, commits)
	text = fmt.Appendf(text, "checksum %08x\n", wal.Checksum(text))
	path := filepath.Join(dir, markerName)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return errors.Join(os.Rename(path+".new", path), wal.SyncName(path))
}

// missed says whether there was a store where there is no database, or an empty file.
func missed(dir string, accept bool) error {
	if accept {
		return nil
	}
	_, exists, err := readMarker(dir)
	if err != nil {
		return err
	}
	trace := markerName
	if !exists {
		l, err := wal.Read(filepath.Join(dir, wal.FileName), 0)
		if err != nil || len(l.Rows) == 0 && len(l.Damage) == 0 {
			return err
		}
		trace = wal.FileName
	}
	return fmt.Errorf("%w: %s is missing or empty, but %s shows that there were rooms: put it back, or, if all is to begin anew, move %s and %s away; %s",
		persist.ErrCorrupt, filepath.Join(dir, dbName), trace, markerName, wal.FileName, seeRepair)
}

// outdated says whether the database lacks transactions that were on the disk.
func (s *Store) outdated(known uint64, by string) error {
	if s.accept || !s.counted || known <= s.commits {
		return nil
	}
	return fmt.Errorf("%w: %s lacks its last %d transactions, which %s knows of; if it comes from a backup, move %s and %s away; %s",
		persist.ErrCorrupt, dbName, known-s.commits, by, markerName, wal.FileName, seeRepair)
}
