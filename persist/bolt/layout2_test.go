package bolt

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// layout2Store returns the directory of a store of layout 2, as a killed process left it. testdata
// has its files without the zeros at their ends.
func layout2Store(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{dbName, wal.FileName} {
		file, err := os.Open(filepath.Join("testdata", "layout2."+name+".gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		r, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), b)
	}
	return dir
}

// TestSecondLayout shows that a store of layout 2, with a log of that time, is converted when it is
// opened, and can be opened again.
func TestSecondLayout(t *testing.T) {
	dir := layout2Store(t)
	for range 2 {
		s := open(t, dir, Config{})
		if len(s.Damage()) > 0 {
			t.Errorf("damage: %v", s.Damage())
		}
		for room, want := range map[string][]string{
			"a": {"second of a", "row of a", "in the tail"}, "b": {"", "row of b", "another"}, "c": {"c expires"}, "d": {"", "in the tail alone"},
		} {
			snapshot, rows := contents(t, s, room)
			if got := append([]string{snapshot}, rows...); !slices.Equal(got, want) {
				t.Errorf("room %s: %q, want %q", room, got, want)
			}
		}
		for room, want := range map[string]string{"a": "first of a", "b": "version of b"} {
			if blob, err := s.Version(t.Context(), room, 1); string(blob) != want || err != nil {
				t.Errorf("version of %s: %q, %v", room, blob, err)
			}
		}
		if rooms, err := s.Rooms(t.Context()); err != nil || len(rooms) != 4 ||
			!rooms[2].Expires.Equal(time.Unix(2_000_000_000, 0)) {
			t.Errorf("%+v, %v", rooms, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
