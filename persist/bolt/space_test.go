package bolt

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// used returns the end of the pages that were ever in use, in bytes.
func used(t testing.TB, s *Store) (size int64) {
	t.Helper()
	if err := s.db.View(func(tx *bbolt.Tx) error { size = tx.Size(); return nil }); err != nil {
		t.Fatal(err)
	}
	return size
}

// TestSpaceIsReused shows that the file stays small while a few busy rooms, among many quiet ones,
// save snapshots that never have the same size twice.
func TestSpaceIsReused(t *testing.T) {
	s := open(t, t.TempDir(), never)
	for i := range 200 {
		room := fmt.Sprint("quiet", i)
		add(t, s, room, "a row that stays")
		save(t, s, room, string(make([]byte, 100*i)), 0)
	}
	var early int64
	for round := range 240 {
		room := fmt.Sprint("busy", round%4)
		var last uint64
		for range 20 {
			last = add(t, s, room, string(make([]byte, 500)))
		}
		save(t, s, room, string(make([]byte, 200_000+(round*7919)%40_000)), last)
		if round == 40 {
			early = used(t, s)
		}
	}
	if late := used(t, s); late > early*5/4 {
		t.Errorf("%d bytes after 40 rounds, %d after 240", early, late)
	}
}

// TestSpaceOfVersionsIsReused shows that the file stays small while versions, and whole rooms, are
// stored and dropped.
func TestSpaceOfVersionsIsReused(t *testing.T) {
	s := open(t, t.TempDir(), Config{Async: true, SyncInterval: never.SyncInterval,
		Retention: everything})
	var early int64
	for round := range 240 {
		room := fmt.Sprint("busy", round%4)
		save(t, s, room, string(make([]byte, 100_000+(round*7919)%20_000)),
			add(t, s, room, "a row"))
		if round%10 == 9 {
			if err := s.Expire(t.Context(), room, time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
			if n, err := s.DropExpired(t.Context(), time.Unix(1, 0)); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		if round == 60 {
			early = used(t, s)
		}
	}
	if late := used(t, s); late > early*5/4 {
		t.Errorf("%d bytes after 60 rounds, %d after 240", early, late)
	}
}

// taken returns the number of bytes of pages that a commit of n rows for n rooms takes.
func taken(t *testing.T, s *Store, n, size int) (bytes int64) {
	t.Helper()
	rows := wal.EncodeRows(s.last+1, batch(n, size), n)
	s.last += uint64(n)
	var done *bbolt.Tx
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		done = tx
		l := readManifest(tx)
		return errors.Join(putRows(l, rows, s.last), l.write(s.last))
	}); err != nil {
		t.Fatal(err)
	}
	stats := done.Stats()
	return stats.GetPageAlloc()
}

func batch(n, size int) (rows []persist.Row) {
	for i := range n {
		rows = append(rows, persist.Row{Room: fmt.Sprintf("records/%08d", i),
			Data: make([]byte, size)})
	}
	return rows
}

// TestCommitTouchesFewPages shows that a commit writes its rows and a few pages, however large the
// journal is.
func TestCommitTouchesFewPages(t *testing.T) {
	const few = 10 * 4096
	tests := []struct {
		name   string
		before int // size of a row committed before
		rooms  int
		most   int64
	}{
		{"one room", 0, 1, few},
		{"a hundred rooms", 0, 100, few + 100*(50+100+4096)}, // a page of the list for each
		{"beside a row of 8 MiB", 8 << 20, 1, few + 4*chunkSize},
	}
	s := open(t, t.TempDir(), Config{})
	for range 20 {
		taken(t, s, 1000, 50)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.before > 0 {
				taken(t, s, 1, tt.before)
			}
			if got := taken(t, s, tt.rooms, 50); got > tt.most {
				t.Errorf("%d bytes of pages, more than %d", got, tt.most)
			}
		})
	}
}
