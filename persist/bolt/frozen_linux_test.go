package bolt

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/storetest"
)

// frozenStore opens a store with a stored room on a volume, and freezes the volume. The process has
// one processor from then on, so that a call that blocks unknown to Go's scheduler blocks the test
// too.
func frozenStore(t *testing.T) (*storetest.Volume, *Store) {
	t.Helper()
	v := storetest.NewVolume(t)
	s := open(t, filepath.Join(v.Dir, "data"), Config{SyncInterval: never.SyncInterval})
	save(t, s, "stored", "snapshot", add(t, s, "stored", "a"))
	add(t, s, "stored", "b")
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	v.Freeze()
	return v, s
}

// whileFrozen starts write, which must wait for the disk, makes calls that must not, and thaws the
// volume.
func whileFrozen(t *testing.T, v *storetest.Volume, s *Store, write func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- write() }()
	for !waitsForDisk() && len(done) == 0 {
		runtime.Gosched()
	}
	runtime.GC() // waits for every thread that the scheduler takes to be running
	if snapshot, rows := contents(t, s, "stored"); snapshot != "snapshot" || len(rows) == 0 ||
		rows[0] != "b" {
		t.Errorf("%q, %q", snapshot, rows)
	}
	s.WriteMetrics(&bytes.Buffer{})
	if len(done) > 0 {
		t.Error("written to a frozen volume")
	}
	v.Thaw()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// waitsForDisk reports whether a thread of the process is in an uninterruptible call.
func waitsForDisk() bool {
	stats, _ := filepath.Glob("/proc/self/task/*/stat")
	for _, path := range stats {
		stat, _ := os.ReadFile(path)
		if _, after, ok := bytes.Cut(stat, []byte(") ")); ok && after[0] == 'D' {
			return true
		}
	}
	return false
}

func TestAppendToFrozenVolume(t *testing.T) {
	v, s := frozenStore(t)
	whileFrozen(t, v, s, func() error {
		err := s.Append(t.Context(), []persist.Row{{Room: "r", Data: []byte("a")}})
		return err
	})
	if _, rows := contents(t, s, "r"); fmt.Sprint(rows) != "[a]" {
		t.Errorf("%q", rows)
	}
}

func TestSnapshotToFrozenVolume(t *testing.T) {
	v, s := frozenStore(t)
	whileFrozen(t, v, s, func() error { return s.SaveSnapshot(t.Context(), "other", []byte("new"), 0) })
	if snapshot, _ := contents(t, s, "other"); snapshot != "new" {
		t.Errorf("%q", snapshot)
	}
}
