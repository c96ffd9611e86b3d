package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// TestMissingDatabase shows that a store that has lost its database does not begin empty, and that
// the error names the file that shows that there was one.
func TestMissingDatabase(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   string
	}{
		{"it is empty", truncated(0), markerName},
		{"it is missing", func(t *testing.T, dir string) { remove(t, dir, dbName) }, markerName},
		{"it is empty, and there is only a log", func(t *testing.T, dir string) {
			truncated(0)(t, dir)
			remove(t, dir, markerName)
		}, wal.FileName},
		{"it is cut in half", truncated(8 * 4096), dbName},
		{"it is cut to a page", truncated(4096), dbName},
		{"it is older than the rest", func(t *testing.T, dir string) {
			older := filepath.Join(filepath.Dir(dir), "older")
			if err := open(t, older, Config{}).Close(); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, dbName), read(t, filepath.Join(older, dbName)))
		}, "backup"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := storeWithLog(t)
			tt.damage(t, dir)
			before := listing(t, dir)
			for range 2 {
				_, err := Open(dir, never)
				if !errors.Is(err, persist.ErrCorrupt) || !strings.Contains(err.Error(), tt.want) ||
					!strings.Contains(err.Error(), "civic-realtime repair") {
					t.Errorf("Open: %v", err)
				}
			}
			if after := listing(t, dir); after != before {
				t.Errorf("there was %s, and now is %s", before, after)
			}
			openAccepting(t, dir)
		})
	}
}

// TestOutdatedDatabase shows that Open, Inspect and Check report how many transactions a database
// lacks that the marker knows of.
func TestOutdatedDatabase(t *testing.T) {
	for lacking, want := range map[uint64]string{
		1: "rooms.db lacks its last transaction",
		2: "rooms.db lacks its last 2 transactions",
	} {
		t.Run(want, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, never)
			add(t, s, "r", "a row")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			m, err := readMarker(dir)
			if err = errors.Join(err, writeMarker(dir, m.commits+lacking)); err != nil {
				t.Fatal(err)
			}
			_, err = Open(dir, never)
			if !errors.Is(err, persist.ErrCorrupt) ||
				!strings.Contains(err.Error(), want+", which rooms.mark knows of") {
				t.Errorf("Open: %v", err)
			}
			in, err := Inspect(dir)
			if err != nil || in.Opens || len(in.Damage) != 1 || in.Damage[0].Reason != want {
				t.Errorf("Inspect: %+v, %v", in, err)
			}
			_, found := checked(t, dir)
			if len(found) != 1 || found[0] != (Finding{Place: PlaceDatabase, Reason: want}) {
				t.Errorf("Check: %+v", found)
			}
		})
	}
}

// openAccepting opens a store with Config.Accept, and checks that it has the rows of the log.
func openAccepting(t *testing.T, dir string) {
	t.Helper()
	if _, err := Inspect(dir); err != nil {
		t.Errorf("Inspect: %v", err)
	}
	cfg := never
	cfg.Accept = true
	if err := open(t, dir, cfg).Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, never)
	if r, err := s.Recoverable(t.Context(), "a"); err != nil ||
		!slices.ContainsFunc(r.Rows, func(row []byte) bool { return string(row) == "in the log" }) {
		t.Errorf("%q, %v", r.Rows, err)
	}
	add(t, s, "new", "row")
}

// storeWithLog returns the directory of a store that a killed process left, with rooms in the
// database and rows in the log.
func storeWithLog(t *testing.T) (dir string) {
	t.Helper()
	from := t.TempDir()
	s := open(t, from, Config{SyncInterval: never.SyncInterval})
	for _, room := range []string{"a", "b", "c"} {
		save(t, s, room, bigSnapshot, add(t, s, room, "covered"))
		add(t, s, room, "in the database")
	}
	save(t, s, "d", "takes all along", 0)
	add(t, s, "a", "in the log")
	dir = filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dbName, wal.FileName, markerName} {
		write(t, filepath.Join(dir, name), read(t, filepath.Join(from, name)))
	}
	return dir
}

func truncated(size int64) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		if err := os.Truncate(filepath.Join(dir, dbName), size); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func listing(t *testing.T, dir string) (names string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		names += file.Name() + " " + info.ModTime().String() + "\n"
	}
	return names
}
