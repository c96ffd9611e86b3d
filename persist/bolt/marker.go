package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// markerName is the name of the marker: a file that shows that there is a store, and which
// transaction was the newest when it was opened or closed last. It distinguishes a database that
// is missing, empty or older from one that never was.
const markerName = "rooms.mark"

const markerText = "civic-realtime store, transaction %d\n"

// marker is the content of the marker.
type marker struct {
	commits uint64 // transactions of the database; 0: not known
	exists  bool
	damaged bool
}

func readMarker(dir string) (m marker, err error) {
	b, err := os.ReadFile(filepath.Join(dir, markerName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	var sum uint32
	n, _ := fmt.Sscanf(string(b), markerText+"checksum %x\n", &m.commits, &sum)
	if m.exists = true; n != 2 || sum != wal.Checksum(fmt.Appendf(nil, markerText, m.commits)) {
		m.commits, m.damaged = 0, true
	}
	return m, nil
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

// lacksTransactions returns the message that the database lacks its last n transactions.
func lacksTransactions(n uint64) string {
	if n == 1 {
		return dbName + " lacks its last transaction"
	}
	return fmt.Sprintf("%s lacks its last %d transactions", dbName, n)
}

// checkMissing checks a directory without a database, or with an empty one. It fails if there was a
// store, unless accept is set.
func checkMissing(dir string, accept bool) error {
	if accept {
		return nil
	}
	m, err := readMarker(dir)
	if err != nil {
		return err
	}
	trace := markerName
	if !m.exists {
		l, err := wal.Read(filepath.Join(dir, wal.FileName), 0)
		if err != nil || len(l.Rows) == 0 && len(l.Damage) == 0 {
			return err
		}
		trace = wal.FileName
	}
	const format = "%w: %s is missing or empty, but %s shows that there were rooms: " +
		"put it back, or, if all is to begin anew, move %s and %s away; %s"
	return fmt.Errorf(format,
		persist.ErrCorrupt, filepath.Join(dir, dbName), trace, markerName, wal.FileName, seeRepair)
}
