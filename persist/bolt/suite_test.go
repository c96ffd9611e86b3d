package bolt

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/storetest"
)

func TestSuite(t *testing.T) {
	for name, cfg := range map[string]Config{
		"sync":                   {},
		"async":                  {Async: true},
		"async, flushed nonstop": {Async: true, SyncInterval: time.Nanosecond},
		"async, never flushed":   {Async: true, SyncInterval: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			var dir string
			storetest.Run(t, storetest.Backend{
				Durable: true,
				Damage: func(t *testing.T, room string) {
					path := filepath.Join(dir, dbName)
					flip(t, path, head(room, []byte("the snapshot"), 2))
				},
				New: func(t *testing.T, keep persist.Retention) func() storetest.Store {
					cfg := cfg
					dir = t.TempDir()
					dir := dir
					cfg.Retention = keep
					return func() storetest.Store { return open(t, dir, cfg) }
				},
			})
		})
	}
}

// block is the alignment of the log's records, in bytes.
const block = 4 << 10

// open opens a store that the test closes if it has not.
func open(t testing.TB, dir string, cfg Config) *Store {
	t.Helper()
	s, err := Open(dir, cfg)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func add(t testing.TB, s *Store, room string, rows ...string) (last uint64) {
	t.Helper()
	for _, row := range rows {
		last = appendRows(t, s, []persist.Row{{Room: room, Data: []byte(row)}})
	}
	return last
}

// appendRows appends rows, of which none may be refused, and returns the number of the last.
func appendRows(t testing.TB, s *Store, rows []persist.Row) (last uint64) {
	t.Helper()
	if err := s.Append(t.Context(), rows); err != nil {
		t.Fatalf("Append: %v", err)
	}
	for _, row := range rows {
		if row.Err != nil {
			t.Fatalf("Append: row of %.40q: %v", row.Room, row.Err)
		}
		last = row.Seq
	}
	return last
}

func save(t testing.TB, s *Store, room, snapshot string, through uint64) {
	t.Helper()
	if err := s.SaveSnapshot(t.Context(), room, []byte(snapshot), through); err != nil {
		t.Fatalf("SaveSnapshot: %v", err)
	}
}

// contents returns the room's snapshot and rows as texts.
func contents(t testing.TB, s *Store, room string) (snapshot string, rows []string) {
	t.Helper()
	stored, journal, err := s.Load(t.Context(), room)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	for _, row := range journal {
		rows = append(rows, string(row))
	}
	return string(stored), rows
}

// TestNumbersAcrossRooms shows what this store promises beyond the suite: rows are numbered one
// after another across rooms, and go on from there after reopening.
func TestNumbersAcrossRooms(t *testing.T) {
	dir := t.TempDir()
	var last uint64
	for range 2 {
		s := open(t, dir, Config{})
		for range 2 {
			rows := []persist.Row{{Room: "r"}, {Room: "s"}, {Room: ""}, {Room: "r"}}
			if err := s.Append(t.Context(), rows); err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				if row.Room != "" && row.Seq != last+1 {
					t.Fatalf("number %d after %d", row.Seq, last)
				}
				last = max(last, row.Seq)
			}
		}
		save(t, s, "r", "snapshot", last)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// keepVersion keeps a version with a reason.
func keepVersion(ctx context.Context, s *Store, room, why string, snapshot []byte) error {
	_, err := s.KeepVersion(ctx, room, persist.Version{Why: why}, snapshot)
	return err
}
