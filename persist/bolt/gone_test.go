package bolt

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// TestFilesGone deletes, moves and replaces the files of an open store. It shows that within
// seconds every write fails, that this is logged once, and that the rows can still be read.
func TestFilesGone(t *testing.T) {
	tests := map[string]func(dir string) error{
		"the directory is deleted":      func(dir string) error { return os.RemoveAll(dir) },
		"the directory is moved":        func(dir string) error { return os.Rename(dir, dir+" moved") },
		"the database is deleted":       func(dir string) error { return os.Remove(filepath.Join(dir, dbName)) },
		"the log is deleted":            func(dir string) error { return os.Remove(filepath.Join(dir, wal.FileName)) },
		"the directory is replaced":     func(dir string) error { return errors.Join(os.Rename(dir, dir+" moved"), os.Mkdir(dir, 0o700)) },
		"the database is cut":           func(dir string) error { return os.Truncate(filepath.Join(dir, dbName), 1<<20) },
		"the database is replaced":      replaced(dbName),
		"the log is replaced":           replaced(wal.FileName),
		"the database has another name": func(dir string) error { return os.Rename(filepath.Join(dir, dbName), filepath.Join(dir, "x")) },
	}
	for name, take := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			synctest.Test(t, func(t *testing.T) { filesGone(t, dir, take) })
		})
	}
}

func filesGone(t *testing.T, dir string, take func(string) error) {
	var log strings.Builder
	s := open(t, dir, Config{Async: true, SyncInterval: never.SyncInterval, Log: textLog(&log)})
	add(t, s, "r", "a")
	if err := errors.Join(s.Healthy(), take(dir)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * watchInterval)
	synctest.Wait()
	err := s.Append(t.Context(), []persist.Row{{Room: "r"}})
	for _, err := range []error{err, s.Healthy(), s.SaveSnapshot(t.Context(), "r", nil, 0), s.Expire(t.Context(), "r", time.Unix(1, 0))} {
		if !errors.Is(err, persist.ErrGone) {
			t.Errorf("%v, want %v", err, persist.ErrGone)
		}
	}
	time.Sleep(5 * watchInterval)
	synctest.Wait()
	if n := strings.Count(log.String(), "nothing can be stored any more"); n != 1 {
		t.Errorf("logged %d times: %s", n, log.String())
	}
	if _, rows := contents(t, s, "r"); len(rows) != 1 {
		t.Errorf("%d rows can be read", len(rows))
	}
	if err := s.Close(); !errors.Is(err, persist.ErrGone) {
		t.Errorf("Close: %v", err)
	}
}

func replaced(name string) func(dir string) error {
	return func(dir string) error {
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		return errors.Join(err, os.Rename(path, path+".was"), os.WriteFile(path, b, 0o600))
	}
}

// TestFilesBack shows that a store works as before after its directory was moved away and back.
func TestFilesBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, dir, never)
		away := dir + " moved"
		for _, move := range [][2]string{{dir, away}, {away, dir}} {
			if err := os.Rename(move[0], move[1]); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * watchInterval)
			synctest.Wait()
			if gone := s.Healthy() != nil; gone != (move[1] == away) {
				t.Errorf("in %s: %v", move[1], s.Healthy())
			}
		}
		add(t, s, "r", "a")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestSecondStoreInPlaceOfMovedOne opens a second store in the place of one whose files were
// removed. It shows that the first writes nothing to the files of the second, and does not delete
// them when it is closed.
func TestSecondStoreInPlaceOfMovedOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	synctest.Test(t, func(t *testing.T) {
		first := open(t, dir, never)
		add(t, first, "r", "of the first")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		second := open(t, dir, never)
		add(t, second, "r", "of the second")
		time.Sleep(2 * watchInterval)
		synctest.Wait()
		if err := first.Append(t.Context(), []persist.Row{{Room: "r"}}); !errors.Is(err, persist.ErrGone) {
			t.Errorf("the first: %v", err)
		}
		if err := first.Close(); !errors.Is(err, persist.ErrGone) {
			t.Errorf("the first is closed: %v", err)
		}
		add(t, second, "r", "more")
		wantRows(t, crash(t, dir), Config{}, "of the second", "more")
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	})
}

func textLog(to *strings.Builder) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }
