package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/civicpress/civic-realtime/persist"
)

// never is a configuration under which nothing is flushed by the clock.
var never = Config{Async: true, SyncInterval: 1000 * time.Hour}

// crash copies what a dead process would leave: the files as they are now, without
// the named ones.
func crash(t *testing.T, dir string, without ...string) (copied string) {
	t.Helper()
	copied = t.TempDir()
	for _, name := range []string{dbName, tailName} {
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

// TestSyncedRows: they are in the tail alone, in blocks of their own, and are read
// from there; a flush takes them into the database.
func TestSyncedRows(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{SyncInterval: never.SyncInterval})
	add(t, s, "r", "a")
	add(t, s, "r", "b", strings.Repeat("c", block))
	wantRows(t, crash(t, dir, tailName), Config{})
	wantRows(t, crash(t, dir), Config{}, "a", "b", strings.Repeat("c", block))
	if s.tail.size != 4*block {
		t.Errorf("%d bytes in the tail, want a block and three", s.tail.size)
	}
	save(t, s, "other", "takes the rows of all rooms along", 0)
	add(t, s, "r", "d")
	wantRows(t, crash(t, dir), Config{}, "a", "b", strings.Repeat("c", block), "d")
}

// TestTailCannotBeSynced: rows are committed then.
func TestTailCannotBeSynced(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{SyncInterval: never.SyncInterval})
	add(t, s, "r", "a")
	if err := s.tail.file.Close(); err != nil {
		t.Fatal(err)
	}
	add(t, s, "r", "b")
	wantRows(t, crash(t, dir, tailName), Config{}, "a", "b")
}

func TestPowerCutLosesTheTailOnly(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, never)
	add(t, s, "r", "a", "b")
	save(t, s, "other", "flushes all rooms", 0)
	add(t, s, "r", "c")
	wantRows(t, crash(t, dir, tailName), never, "a", "b")
}

// TestTornTail cuts the tail at every length, and damages it at every byte: what is read is
// a number of whole Appends from the start, and if it is not all of them something is said.
func TestTornTail(t *testing.T) {
	for name, cfg := range map[string]Config{"sync": {SyncInterval: never.SyncInterval}, "async": never} {
		t.Run(name, func(t *testing.T) { tearTail(t, cfg) })
	}
}

func tearTail(t *testing.T, cfg Config) {
	dir := t.TempDir()
	s := open(t, dir, cfg)
	var ends []int64
	for i := range 3 {
		appendRows(t, s, []persist.Row{{Room: "r", Data: []byte{byte(i + 1)}}, {Room: "r", Data: []byte{byte(i + 1)}}})
		ends = append(ends, s.tail.size)
	}
	whole := read(t, filepath.Join(dir, tailName))[:ends[2]]
	for at := range whole {
		want := 0
		for _, end := range ends {
			if end-padding(whole, end) <= int64(at) {
				want += 2
			}
		}
		if l := parseTail(whole[:at], 0); len(l.rows) != want {
			t.Errorf("cut to %d bytes: %d rows, want %d", at, len(l.rows), want)
		}
		damaged := slices.Clone(whole)
		damaged[at] ^= 16
		if l := parseTail(slices.Clone(damaged), 0); len(l.rows) != 6 {
			t.Errorf("a bit wrong at byte %d: %d rows, %v", at, len(l.rows), l.damage)
		}
		for i := at; i < min(at+20, len(damaged)); i++ {
			damaged[i] ^= 0xA5
		}
		if heads := ends[1] + headSize; int64(at) < heads && int64(at)+20 > heads {
			continue // of the last record, both: it looks like what a longer one left there
		}
		if l := parseTail(damaged, 0); len(l.rows)%2 != 0 && cfg.Async || len(l.rows) < 6 && len(l.damage) == 0 {
			t.Errorf("damaged at byte %d: %d rows, %v", at, len(l.rows), l.damage)
		}
	}
}

// TestLostSectors: a power cut leaves of the newest record of a synced tail whatever sectors
// were written. It is there whole or not at all, all before it is, and no room is blamed.
func TestLostSectors(t *testing.T) {
	for _, before := range []int{0, 1, 2} {
		dir := t.TempDir()
		s := open(t, dir, Config{SyncInterval: never.SyncInterval})
		add(t, s, "r", strings.Repeat("an old generation ", 3000), "more of it")
		save(t, s, "other", "moves it to the database", 0)
		last := s.last
		for range before {
			add(t, s, "r", "row")
		}
		old := read(t, filepath.Join(dir, tailName))
		random := rand.New(rand.NewPCG(1, uint64(before)))
		big := make([]byte, 2*block)
		for i := range big {
			big[i] = byte(random.Uint32())
		}
		appendRows(t, s, []persist.Row{{Room: "r", Data: big}, {Room: "s", Data: []byte("small")}, {Room: "t", Data: big[:block]}})
		loseSectors(t, random, old, read(t, filepath.Join(dir, tailName)), last, before)
	}
}

func loseSectors(t *testing.T, random *rand.Rand, old, now []byte, last uint64, before int) {
	t.Helper()
	var changed []int
	for at := 0; at < len(now); at += sector {
		if !bytes.Equal(old[at:at+sector], now[at:at+sector]) {
			changed = append(changed, at)
		}
	}
	for range 300 {
		cut, lost := slices.Clone(now), false
		for _, at := range changed {
			if random.IntN(4) == 0 {
				copy(cut[at:at+sector], old[at:])
				lost = true
			}
		}
		l := parseTail(cut, last)
		want := before
		if !lost {
			want += 3
		}
		if len(l.rows) != want || slices.ContainsFunc(l.damage, func(d persist.Damage) bool { return !d.Harmless }) {
			t.Errorf("%d rows before: %d rows, want %d, %v", before, len(l.rows), want, l.damage)
		}
	}
}

// padding is how many zeros stand before end.
func padding(b []byte, end int64) (n int64) {
	for b[end-1-n] == 0 {
		n++
	}
	return n
}

// TestStaleRecords leaves long old records behind short new ones.
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

func TestFullTailIsCommitted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, never)
	var want []string
	for i := range 20 {
		want = append(want, strings.Repeat(fmt.Sprint(i%10), 1<<20))
		add(t, s, "r", want[i])
	}
	if info, err := os.Stat(filepath.Join(dir, tailName)); err != nil || info.Size() > maxTail {
		t.Errorf("%v: the tail has %d bytes", err, info.Size())
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
			if _, rows := contents(t, open(t, crash(t, dir, tailName), Config{}), "r"); len(rows) != want {
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

// limit has bbolt refuse to grow beyond size; 0 lifts it.
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

// TestFlushFails: from then on Append tells, until the disk is well again.
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
			t.Error("nobody tried again")
		}
		add(t, s, "r", "a")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wantRows(t, dir, Config{}, large, "a")
	})
}

// TestDeadProcessWroteToAnExpiringRoom: what is only in the tail takes the expiry back.
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
	s = open(t, crash(t, dir, tailName), never) // a power cut: the room is as old as it was
	if n, err := s.DropExpired(t.Context(), time.Unix(2, 0)); n != 1 || err != nil {
		t.Errorf("%d rooms dropped, %v", n, err)
	}
}

// TestAppendAllocates little: the rows, their buffer, and now and then a longer list of
// those that wait. What the tail makes of them is written from a buffer that is kept.
func TestAppendAllocates(t *testing.T) {
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
