package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/backupfile"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// closedStore makes a store with a row of the room "r", and closes it.
func closedStore(t *testing.T, dir, row string) {
	t.Helper()
	s := open(t, dir, never)
	add(t, s, "r", row)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// sampleBackup returns the path of a backup with a row of the room "r".
func sampleBackup(t *testing.T, row string) string {
	t.Helper()
	s := open(t, t.TempDir(), never)
	add(t, s, "r", row)
	path, _ := backUp(t, s)
	return path
}

// TestRestoreRefusesData shows that Restore changes nothing where there is a store, or a part of
// one, and that with Replace it keeps that in a folder.
func TestRestoreRefusesData(t *testing.T) {
	path := sampleBackup(t, "from the backup")
	for name, change := range map[string]func(t *testing.T, dir string){
		"a store":            func(*testing.T, string) {},
		"a log alone":        func(t *testing.T, dir string) { remove(t, dir, dbName); remove(t, dir, markerName) },
		"a marker alone":     func(t *testing.T, dir string) { remove(t, dir, dbName); remove(t, dir, wal.FileName) },
		"no marker":          func(t *testing.T, dir string) { remove(t, dir, markerName) },
		"a damaged database": truncated(100),
		"a database set aside": func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, dbName), filepath.Join(dir, damagedName+"x")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := storeWithLog(t)
			change(t, dir)
			writeFile(t, filepath.Join(dir, "admin.token"), []byte("another's file"))
			before := listing(t, dir)
			if _, err := Restore(path, dir, Restoration{}); !errors.Is(err, ErrHasData) {
				t.Errorf("Restore: %v", err)
			}
			if after := listing(t, dir); after != before {
				t.Errorf("there was %s, and now is %s", before, after)
			}
			r, err := Restore(path, dir, Restoration{Replace: true})
			if err != nil || !strings.HasPrefix(filepath.Base(r.Replaced), "replaced-") {
				t.Fatalf("%q, %v", r.Replaced, err)
			}
			if aside, kept := namesOf(listing(t, r.Replaced)), namesOf(before)[1:]; !slices.Equal(aside, kept) {
				t.Errorf("there was %q, and aside is %q", kept, aside)
			}
			mustBeSound(t, dir)
			wantRows(t, dir, never, "from the backup")
			if got := read(t, filepath.Join(dir, "admin.token")); string(got) != "another's file" {
				t.Errorf("%q", got)
			}
		})
	}
}

// namesOf returns the names in a listing.
func namesOf(listing string) (names []string) {
	for line := range strings.Lines(listing) {
		name, _, _ := strings.Cut(line, " ")
		names = append(names, name)
	}
	return names
}

// TestRestoreOfOpenStore shows that the store of a running server is not replaced.
func TestRestoreOfOpenStore(t *testing.T) {
	path, dir := sampleBackup(t, "a row"), t.TempDir()
	s := open(t, dir, never)
	add(t, s, "r", "newer")
	if _, err := Restore(path, dir, Restoration{Replace: true}); !errors.Is(err, persist.ErrInUse) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wantRows(t, dir, never, "newer")
}

// TestRestoreOfDamagedBackup shows that a backup that is cut off or changed, and a file that is
// none, restore nothing, and leave no file behind.
func TestRestoreOfDamagedBackup(t *testing.T) {
	path := sampleBackup(t, "a row")
	good := read(t, path)
	for name, bad := range map[string][]byte{
		"empty":        nil,
		"cut off":      good[:len(good)-1],
		"half":         good[:len(good)/2],
		"changed":      append([]byte(strings.Replace(string(good), `"begun":"2`, `"begun":"3`, 1)), nil...),
		"another file": []byte("rooms"),
	} {
		t.Run(name, func(t *testing.T) {
			writeFile(t, path, bad)
			dir := filepath.Join(t.TempDir(), "data")
			if _, err := CheckBackup(path); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("CheckBackup: %v", err)
			}
			if _, err := Restore(path, dir, Restoration{}); err == nil {
				t.Error("it is restored")
			}
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s is there: %v", dir, err)
			}
		})
	}
	if _, err := Restore(filepath.Dir(path), t.TempDir(), Restoration{}); err == nil {
		t.Error("a directory is restored")
	}
}

// TestRestoreFromLaterProgram shows that a backup of a layout that this program does not know is
// refused.
func TestRestoreFromLaterProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "backup")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := backupfile.NewWriter(file, backupfile.Header{Layout: "4"})
	if err == nil {
		err = errors.Join(w.Close(), file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(path, t.TempDir(), Restoration{}); !errors.Is(err, persist.ErrFormat) {
		t.Error(err)
	}
}

// TestRestoreMovesExpiries shows that a room that had an hour left when it was backed up has an
// hour left when it is restored, so that an old backup is not emptied at the first start.
func TestRestoreMovesExpiries(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { return now }
	s := open(t, t.TempDir(), Config{Retention: persist.Retention{Now: clock}})
	for room, at := range map[string]time.Time{"soon": now.Add(time.Hour), "due": now.Add(-time.Hour)} {
		add(t, s, room, "a row")
		if err := s.Expire(t.Context(), room, at); err != nil {
			t.Fatal(err)
		}
	}
	path, _ := backUp(t, s)
	now = now.AddDate(0, 6, 0)
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := Restore(path, dir, Restoration{Now: clock}); err != nil {
		t.Fatal(err)
	}
	mustBeSound(t, dir)
	again := open(t, dir, Config{Retention: persist.Retention{Now: clock}})
	if n, err := again.DropExpired(t.Context(), now); n != 1 || err != nil {
		t.Errorf("%d rooms dropped, %v", n, err)
	}
	if n, err := again.DropExpired(t.Context(), now.Add(time.Hour-time.Millisecond)); n != 0 || err != nil {
		t.Errorf("%d rooms dropped, %v", n, err)
	}
	if n, err := again.DropExpired(t.Context(), now.Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("%d rooms dropped, %v", n, err)
	}
}

// restoreEnv has the paths of a backup and of a directory; the test binary is then the process that
// restores, which the test kills.
const restoreEnv = "BOLT_TEST_RESTORE"

func init() {
	if paths := os.Getenv(restoreEnv); paths != "" {
		path, dir, _ := strings.Cut(paths, "\n")
		_, err := Restore(path, dir, Restoration{Replace: true})
		fmt.Println(err)
		os.Exit(0)
	}
}

// TestKilledRestore kills restorations at random moments, and shows that the directory then has the
// store that was there, or the new one, or is refused by Open until the restoration is repeated.
func TestKilledRestore(t *testing.T) {
	path, outcomes := sampleBackup(t, "from the backup"), map[string]int{}
	for round := range 40 {
		dir := t.TempDir()
		if round%2 == 0 {
			closedStore(t, dir, "was there")
		}
		outcomes[killedRestore(t, path, dir, round%2 == 0)]++
	}
	t.Log(outcomes)
}

func killedRestore(t *testing.T, path, dir string, wasThere bool) (outcome string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), restoreEnv+"="+path+"\n"+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	select {
	case <-exited:
	case <-time.After(time.Duration(rand.IntN(40)) * time.Millisecond):
		_ = cmd.Process.Kill()
		<-exited
	}
	s, err := Open(dir, Config{Existing: true, Async: true})
	switch {
	case err != nil && !wasThere && errors.Is(err, fs.ErrNotExist):
		outcome = "nothing"
	case err != nil && errors.Is(err, persist.ErrCorrupt):
		outcome = "refused"
	case err != nil:
		t.Fatal(err)
	default:
		_, rows, err := s.Load(context.Background(), "r")
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if outcome = string(rows[0]); outcome != "from the backup" && (outcome != "was there" || !wasThere) {
			t.Errorf("%q", outcome)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Restore(path, dir, Restoration{Replace: true}); err != nil {
		t.Fatalf("again: %v", err)
	}
	mustBeSound(t, dir)
	wantRows(t, dir, never, "from the backup")
	return outcome
}

// TestInterruptedInstall shows what Open does at each step of the last part of a restoration that
// replaces a store: it never begins an empty store.
func TestInterruptedInstall(t *testing.T) {
	path := sampleBackup(t, "from the backup")
	dir := storeWithLog(t)
	names, marked, err := storesFiles(dir)
	if err != nil || !marked {
		t.Fatal(names, marked, err)
	}
	for n := 1; n <= len(names); n++ {
		part := t.TempDir()
		if err := os.CopyFS(part, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := moveAside(part, filepath.Join(part, "replaced-x"), names[:n], true); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(part, never); !errors.Is(err, persist.ErrCorrupt) {
			t.Errorf("without %q: %v", names[:n], err)
		}
		if _, err := Restore(path, part, Restoration{Replace: true}); err != nil {
			t.Fatal(err)
		}
		wantRows(t, part, never, "from the backup")
	}
}

// TestOldBackup shows that backups that earlier versions made are restored. testdata/backup-1 was
// written by the first version that made any: a room with a snapshot, a row and a version.
func TestOldBackup(t *testing.T) {
	path := filepath.Join("testdata", "backup-1")
	dir, r := restore(t, path)
	if r.Rooms != 1 || !r.Begun.Equal(time.Date(2026, 11, 28, 2, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", r)
	}
	mustBeSound(t, dir)
	s := open(t, dir, never)
	snapshot, rows := contents(t, s, "record:by-law-7")
	version, err := s.Version(t.Context(), "record:by-law-7", 1)
	if snapshot != "the second snapshot" || len(rows) != 1 || rows[0] != "a row" || string(version) != "the first snapshot" || err != nil {
		t.Errorf("%q, %q, %q, %v", snapshot, rows, version, err)
	}
}

// TestGiveWay shows that a backup ends its moment for a transaction for which the memory map might
// have to grow.
func TestGiveWay(t *testing.T) {
	s := open(t, t.TempDir(), never)
	b := &backup{store: s, ctx: t.Context()}
	var err error
	if b.out, err = backupfile.NewWriter(new(strings.Builder), backupfile.Header{}); err != nil {
		t.Fatal(err)
	}
	s.backup.Store(&b.pin)
	for growth, ends := range map[int]bool{1 << 10: false, mmapSize(): true} {
		if err := b.unit(func(*moment) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := s.db.Update(func(tx *bbolt.Tx) error { b.giveWay(tx, growth); return nil }); err != nil {
			t.Fatal(err)
		}
		if (b.tx == nil) != ends {
			t.Errorf("a transaction of %d bytes ends the moment: %v", growth, !ends)
		}
	}
	b.end()
	s.backup.Store(nil)
}
