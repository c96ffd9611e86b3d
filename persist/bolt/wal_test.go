package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// never is a configuration with which no timer flushes rows.
var never = Config{Async: true, SyncInterval: 1000 * time.Hour}

// crash copies the files of an open store as they are now, as a process that dies leaves them,
// except the named ones.
func crash(t *testing.T, dir string, without ...string) (copied string) {
	t.Helper()
	copied = t.TempDir()
	for _, name := range []string{dbName, wal.FileName} {
		if !slices.Contains(without, name) {
			write(t, filepath.Join(copied, name), read(t, filepath.Join(dir, name)))
		}
	}
	return copied
}

func wantRows(t *testing.T, dir string, cfg Config, want ...string) {
	t.Helper()
	s := open(t, dir, cfg)
	if _, rows := contents(t, s, "r"); !slices.Equal(rows, want) {
		t.Errorf("%d rows %.60q, want %d", len(rows), rows, len(want))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestDeadProcessLosesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, never)
	add(t, s, "r", "a", "b")
	save(t, s, "other", "flushes all rooms", 0)
	add(t, s, "r", "c")
	for _, cfg := range []Config{{}, never} {
		copied := crash(t, dir)
		wantRows(t, copied, cfg, "a", "b", "c")
		wantRows(t, copied, cfg, "a", "b", "c")
	}
}

// TestSyncedRows shows that synced rows are in the log alone until a snapshot moves them to the
// database, and that a crash loses none of them in either place.
func TestSyncedRows(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{SyncInterval: never.SyncInterval})
	add(t, s, "r", "a")
	add(t, s, "r", "b", strings.Repeat("c", 4<<10))
	wantRows(t, crash(t, dir, wal.FileName), Config{})
	wantRows(t, crash(t, dir), Config{}, "a", "b", strings.Repeat("c", 4<<10))
	save(t, s, "other", "takes the rows of all rooms along", 0)
	add(t, s, "r", "d")
	wantRows(t, crash(t, dir), Config{}, "a", "b", strings.Repeat("c", 4<<10), "d")
}

// TestLogCannotBeWritten shows that rows are committed if the log cannot be written.
func TestLogCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{SyncInterval: never.SyncInterval})
	add(t, s, "r", "a")
	if err := s.wal.Close(); err != nil {
		t.Fatal(err)
	}
	add(t, s, "r", "b")
	wantRows(t, crash(t, dir, wal.FileName), Config{}, "a", "b")
}

func TestPowerCutLosesTheLogOnly(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, never)
	add(t, s, "r", "a", "b")
	save(t, s, "other", "flushes all rooms", 0)
	add(t, s, "r", "c")
	wantRows(t, crash(t, dir, wal.FileName), never, "a", "b")
}

// TestStaleRecords shows that old records that remain behind newer, shorter ones are not read.
func TestStaleRecords(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, never)
	add(t, s, "r", "old", "old", "old", "old")
	save(t, s, "r", "all of these", s.last)
	add(t, s, "r", "new", "new") // as long as the old: the third old record is read whole
	wantRows(t, crash(t, dir), never, "new", "new")
	add(t, s, "r", "a longer one")
	wantRows(t, crash(t, dir), never, "new", "new", "a longer one")
}

func TestFullLogIsCommitted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, never)
	var want []string
	for i := range 20 {
		want = append(want, strings.Repeat(fmt.Sprint(i%10), 1<<20))
		add(t, s, "r", want[i])
	}
	if info, err := os.Stat(filepath.Join(dir, wal.FileName)); err != nil ||
		info.Size() > wal.MaxSize {
		t.Errorf("%v: the log has %d bytes", err, info.Size())
	}
	wantRows(t, crash(t, dir), never, want...)
	if _, rows := contents(t, s, "r"); !slices.Equal(rows, want) {
		t.Errorf("%d rows are there", len(rows))
	}
}

func TestFlushAfterInterval(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, dir, Config{Async: true, SyncInterval: time.Minute})
		for _, want := range []int{1, 2} { // the second time the timer must be set anew
			add(t, s, "r", "row")
			time.Sleep(time.Minute - 1)
			if waiting(s) != 1 {
				t.Error("flushed before its time")
			}
			time.Sleep(1)
			synctest.Wait()
			if _, rows := contents(t, open(t, crash(t, dir, wal.FileName), Config{}), "r"); len(rows) != want {
				t.Errorf("%d rows are in the database, want %d", len(rows), want)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func waiting(s *Store) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}

// limit makes bbolt refuse to grow beyond size; 0 removes the limit.
func limit(s *Store, size int) {
	s.writer <- struct{}{}
	defer s.release()
	s.db.MaxSize = size
}

func TestFullDisk(t *testing.T) {
	large := strings.Repeat("x", 3<<20)
	for name, cfg := range map[string]Config{"sync": {}, "async": never} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, cfg)
			last := add(t, s, "r", "a", "b")
			limit(s, 1)
			if err := s.SaveSnapshot(t.Context(), "r", []byte(large), last); !errors.Is(err, bbolterrors.ErrMaxSizeReached) {
				t.Errorf("SaveSnapshot: %v", err)
			}
			if _, rows := contents(t, s, "r"); !slices.Equal(rows, []string{"a", "b"}) {
				t.Errorf("after it failed: %q", rows)
			}
			limit(s, 0)
			if next := add(t, s, "r", "c"); next <= last {
				t.Errorf("number %d after %d", next, last)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			wantRows(t, dir, cfg, "a", "b", "c")
		})
	}
}

// TestFlushFails shows that after a failed flush Append returns its error, until the disk works
// again.
func TestFlushFails(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, dir, Config{Async: true, SyncInterval: time.Minute})
		large := strings.Repeat("x", 3<<20)
		add(t, s, "r", large)
		limit(s, 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := s.Append(t.Context(), []persist.Row{{Room: "r"}}); !errors.Is(err, bbolterrors.ErrMaxSizeReached) {
			t.Errorf("Append: %v", err)
		}
		limit(s, 0)
		time.Sleep(time.Minute)
		synctest.Wait()
		if waiting(s) != 0 {
			t.Error("no flush was tried again")
		}
		add(t, s, "r", "a")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wantRows(t, dir, Config{}, large, "a")
	})
}

// TestDeadProcessWroteToAnExpiringRoom shows that rows that are only in the log cancel an expiry.
func TestDeadProcessWroteToAnExpiringRoom(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, never)
	add(t, s, "r", "a")
	if err := s.Expire(t.Context(), "r", time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	add(t, s, "r", "b")
	for _, cfg := range []Config{{}, never} {
		s := open(t, crash(t, dir), cfg)
		if n, err := s.DropExpired(t.Context(), time.Unix(2, 0)); n > 0 || err != nil {
			t.Errorf("%d rooms dropped, %v", n, err)
		}
		if _, rows := contents(t, s, "r"); len(rows) != 2 {
			t.Errorf("%d rows are left", len(rows))
		}
	}
	s = open(t, crash(t, dir, wal.FileName), never) // a power cut: the room is as old as it was
	if n, err := s.DropExpired(t.Context(), time.Unix(2, 0)); n != 1 || err != nil {
		t.Errorf("%d rooms dropped, %v", n, err)
	}
}

// TestAppendAllocations shows that Append allocates the rows, their buffer, and now and then a
// longer list of pending rows. The log writes from a buffer that it keeps.
func TestAppendAllocations(t *testing.T) {
	s := open(t, t.TempDir(), never)
	rows := batch(1, 120)
	if n := testing.AllocsPerRun(500, func() {
		if err := s.Append(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}); n > 3 {
		t.Errorf("%v allocations an Append", n)
	}
}

// TestFallBackIsReported shows that it is logged and counted that the kernel refuses asynchronous
// I/O.
func TestFallBackIsReported(t *testing.T) {
	var said strings.Builder
	var counted bytes.Buffer
	s := open(t, t.TempDir(), Config{Log: textLog(&said)})
	s.fellBack(errors.New("a reason"))
	if !strings.Contains(said.String(), "level=WARN") ||
		!strings.Contains(said.String(), "refuses asynchronous I/O") ||
		!strings.Contains(said.String(), "a reason") {
		t.Errorf("logged: %s", said.String())
	}
	if s.WriteMetrics(&counted); !strings.Contains(counted.String(), "realtime_journal_sync_fallbacks_total 1\n") {
		t.Errorf("counted: %s", &counted)
	}
}
