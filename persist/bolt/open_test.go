package bolt

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

func TestOpenMakesPrivateFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no file modes")
	}
	dir := filepath.Join(t.TempDir(), "new", "data")
	open(t, dir, Config{Async: true})
	for name, want := range map[string]fs.FileMode{"": 0o700, dbName: 0o600, wal.FileName: 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
}

// TestOpenTakesRightsFromOthers shows that a directory and files that others could read are the
// owner's alone when a store was opened, that the log says so, and that it says so once.
func TestOpenTakesRightsFromOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no file modes")
	}
	dir := filepath.Join(t.TempDir(), "data")
	closedStore(t, dir, "a row")
	for name, mode := range map[string]fs.FileMode{"": 0o755, dbName: 0o644, markerName: 0o640} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	for range 2 {
		s := open(t, dir, Config{Async: true, Log: textLog(&log)})
		for name, want := range map[string]fs.FileMode{"": 0o700, dbName: 0o600, markerName: 0o600} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
				t.Errorf("%q: %v, %v, want %v", name, info.Mode(), err, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "only the owner may"); n != 3 {
		t.Errorf("%d lines: %s", n, &log)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	_, err := Open(dir, Config{})
	if !errors.Is(err, persist.ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second Open: %v", err)
	}
	add(t, s, "r", "still in order")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, rows := contents(t, open(t, dir, Config{}), "r"); len(rows) != 1 {
		t.Errorf("after Close and Open: %q", rows)
	}
}

func TestCloseRemovesLog(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{Async: true})
	add(t, s, "r", "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 2 || files[0].Name() != dbName ||
		files[1].Name() != markerName {
		t.Errorf("%v are left", files)
	}
}

// TestOpenRefuses shows that Open fails for files that no store of this layout has written.
func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"a later layout", func(t *testing.T, path string) {
			edit(t, path, func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put(formatKey, []byte("4")) })
		}, persist.ErrFormat},
		{"another program's database", func(t *testing.T, path string) {
			edit(t, path, func(tx *bbolt.Tx) error { return tx.DeleteBucket(metaBucket) })
		}, persist.ErrFormat},
		{"a text", func(t *testing.T, path string) {
			write(t, path, bytes.Repeat([]byte("records\n"), 5000))
		}, persist.ErrCorrupt},
		{"a file cut in the middle", func(t *testing.T, path string) {
			edit(t, path, func(tx *bbolt.Tx) error {
				return putSnapshot(readManifest(tx), "r", make([]byte, 1<<20), 0, time.Time{})
			})
			whole := read(t, path)
			write(t, path, whole[:4*os.Getpagesize()])
		}, persist.ErrCorrupt},
		{"a directory", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, syscall.EISDIR},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, dbName)
			tt.make(t, path)
			if _, err := Open(dir, Config{}); err == nil || !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// edit makes a store at path and changes its database.
func edit(t *testing.T, path string, change func(*bbolt.Tx) error) {
	t.Helper()
	s := open(t, filepath.Dir(path), Config{})
	if err := errors.Join(s.db.Update(change), s.Close()); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestOlderLayout shows that a store of layout 1, which had no versions, is converted when it is
// opened.
func TestOlderLayout(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	save(t, s, "r", "old", add(t, s, "r", "a"))
	add(t, s, "r", "b")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	downgrade(t, dir, toLayout1)
	for range 2 {
		s = open(t, dir, Config{})
		if snapshot, rows := contents(t, s, "r"); snapshot != "old" || len(rows) != 1 {
			t.Errorf("%q and %q", snapshot, rows)
		}
		if rooms, err := s.Rooms(t.Context()); err != nil || len(rooms) != 1 ||
			!rooms[0].Saved.IsZero() || rooms[0].Rows != 1 {
			t.Errorf("%+v, %v", rooms, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Now().Truncate(time.Millisecond)
	s = open(t, dir, Config{})
	save(t, s, "r", "new", 0)
	versions, err := s.Versions(t.Context(), "r")
	if err != nil || len(versions) != 1 || versions[0].Time.Before(before) {
		t.Errorf("%+v, %v", versions, err)
	}
	if blob, err := s.Version(t.Context(), "r", 1); string(blob) != "old" {
		t.Errorf("%q, %v", blob, err)
	}
}

// downgrade changes the database of a closed store to an older layout, and removes its marker.
func downgrade(t *testing.T, dir string, change func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, dbName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close(), os.Remove(filepath.Join(dir, markerName))); err != nil {
		t.Fatal(err)
	}
}

// toLayout1 converts a database back to layout 1.
func toLayout1(tx *bbolt.Tx) error {
	return errors.Join(toLayout2(tx), tx.DeleteBucket(versionBucket), tx.DeleteBucket(expiryBucket),
		tx.Bucket(metaBucket).Put(formatKey, []byte("1")),
		tx.Bucket(snapshotBucket).Bucket([]byte("r")).Delete(savedKey))
}

// toLayout2 converts a database back to layout 2.
func toLayout2(tx *bbolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	return errors.Join(tx.DeleteBucket(roomBucket), tx.DeleteBucket(damageBucket),
		tx.DeleteBucket(quarantineBucket),
		meta.Delete(sumsKey), meta.Put(formatKey, []byte("2")))
}

func TestOpenExisting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := Open(dir, Config{Existing: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want %v", err, fs.ErrNotExist)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a directory was made")
	}
}

// TestOpenErrorsSayWhatToDo shows that the error for a problem that operators can solve says how.
func TestOpenErrorsSayWhatToDo(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENOMEM: "raise or lift the limit", syscall.ENODEV: "local disk",
		syscall.EACCES: "must belong to the user",
	} {
		err := openError("data", &fs.PathError{Op: "open", Path: "x", Err: errno})
		if !errors.Is(err, errno) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
