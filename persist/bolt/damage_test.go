package bolt

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// TestDamage flips one bit of a room's stored data, and shows that this room, and no other, fails
// with the place of the damage.
func TestDamage(t *testing.T) {
	var (
		id   = wal.IDOf("damaged")
		key  = wal.KeyOf(3, id)
		long = strings.Repeat("a part of a long row ", 10000)
	)
	tests := []struct {
		name string
		find string // in the file; the first byte is damaged
		seq  uint64 // where the error must be
	}{
		{"a row", "second row", 3},
		{"a row's owner", "damaged" + "second row", 3},
		{"a row's room id", string(key[seqLen:]), 3},
		{"a row's second part", long[chunkSize : chunkSize+1000], 5},
		{"a snapshot", "the snapshot", 0},
		{"a snapshot's head", string(head("damaged", []byte(bigSnapshot), 1)), 0},
		{"a snapshot's second part", bigSnapshot[chunkSize+100 : chunkSize+1000], 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, Config{})
			save(t, s, "damaged", bigSnapshot, add(t, s, "damaged", "first row"))
			add(t, s, "good", "a row")
			add(t, s, "damaged", "second row")
			add(t, s, "good", "another")
			add(t, s, "damaged", long)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			flip(t, filepath.Join(dir, dbName), []byte(tt.find))
			wantDamaged(t, open(t, dir, Config{}), tt.seq, "a row", "another")
		})
	}
}

var bigSnapshot = "the snapshot" + strings.Repeat("0123456789 of a long one ", 10000)

// flip flips a bit in every occurrence of find, as bbolt leaves old copies of pages in the file.
func flip(t *testing.T, path string, find []byte) {
	t.Helper()
	b := read(t, path)
	found := 0
	for at := 0; ; at++ {
		next := bytes.Index(b[at:], find)
		if next < 0 {
			break
		}
		at += next
		b[at] ^= 4
		found++
	}
	if found == 0 {
		t.Fatal("nothing to damage")
	}
	write(t, path, b)
}

// wantDamaged checks that the room "damaged" fails for its row seq, that the room "good" has the
// given rows, and that a new room can be written.
func wantDamaged(t *testing.T, s *Store, seq uint64, good ...string) {
	t.Helper()
	_, _, err := s.Load(t.Context(), "damaged")
	var corrupt *persist.CorruptError
	if !errors.Is(err, persist.ErrCorrupt) || !errors.As(err, &corrupt) ||
		corrupt.Room != "damaged" {
		t.Fatalf("Load: %v", err)
	}
	if corrupt.Seq != seq {
		t.Errorf("Load: %v, want number %d", err, seq)
	}
	if _, rows := contents(t, s, "good"); !slices.Equal(rows, good) {
		t.Errorf("the other room has %q", rows)
	}
	last := add(t, s, "new", "one more")
	save(t, s, "new", "snapshot", last)
	if snapshot, rows := contents(t, s, "new"); snapshot != "snapshot" || len(rows) > 0 {
		t.Errorf("a new room has %q and %q", snapshot, rows)
	}
}

// TestDamagedPage overwrites a page of bbolt's own, on which bbolt panics, and shows that the room
// of the page fails and other rooms do not.
func TestDamagedPage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	save(t, s, "damaged", bigSnapshot, 0)
	add(t, s, "good", "a row", "another")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, dbName)
	b := read(t, path)
	at := bytes.Index(b, []byte(headKey)) &^ 4095
	copy(b[at+8:], bytes.Repeat([]byte{0xee}, 2000)) // from the page's flags on
	write(t, path, b)

	s = open(t, dir, Config{})
	if _, _, err := s.Load(t.Context(), "damaged"); !errors.Is(err, persist.ErrCorrupt) {
		t.Errorf("Load: %v", err)
	}
	if err := s.SaveSnapshot(t.Context(), "damaged", nil, 0); !errors.Is(err, persist.ErrCorrupt) {
		t.Errorf("SaveSnapshot: %v", err)
	}
	add(t, s, "good", "one more")
	if _, rows := contents(t, s, "good"); len(rows) != 3 {
		t.Errorf("the other room has %q", rows)
	}
}

// TestDamagedVersion shows that other versions, and the room, can be read beside a damaged version.
func TestDamagedVersion(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	for _, blob := range []string{"first version", bigSnapshot, "third version"} {
		if err := keepVersion(t.Context(), s, "damaged", "why", []byte(blob)); err != nil {
			t.Fatal(err)
		}
	}
	save(t, s, "damaged", "a snapshot in order", 0)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(dir, dbName), []byte(bigSnapshot[chunkSize+100:chunkSize+1000]))
	s = open(t, dir, Config{})
	for id, want := range []error{nil, persist.ErrCorrupt, nil} {
		_, err := s.Version(t.Context(), "damaged", uint64(id+1))
		var corrupt *persist.CorruptError
		if !errors.Is(err, want) || errors.As(err, &corrupt) &&
			(corrupt.ID != 2 || corrupt.Room != "damaged") {
			t.Errorf("version %d: %v, want %v", id+1, err, want)
		}
	}
	if snapshot, _ := contents(t, s, "damaged"); snapshot != "a snapshot in order" {
		t.Errorf("the snapshot is %q", snapshot)
	}
}

// TestDamagedSnapshotIsReplaced shows that a damaged snapshot can be replaced, and is not kept as a
// version.
func TestDamagedSnapshotIsReplaced(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	save(t, s, "r", "the snapshot", 0)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(dir, dbName), []byte("the snapshot"))
	s = open(t, dir, Config{})
	save(t, s, "r", "another", 0)
	if versions, err := s.Versions(t.Context(), "r"); len(versions) > 0 || err != nil {
		t.Errorf("%v, %v", versions, err)
	}
	if snapshot, _ := contents(t, s, "r"); snapshot != "another" {
		t.Errorf("the snapshot is %q", snapshot)
	}
}

// TestRoomsWithDamagedRow shows that Rooms lists the rooms whose keys are known, and returns an
// error for the others.
func TestRoomsWithDamagedRow(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	add(t, s, "good", "a row")
	add(t, s, "damaged", "second row")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(dir, dbName), []byte("damaged"))
	s = open(t, dir, Config{})
	rooms, err := s.Rooms(t.Context())
	if !errors.Is(err, persist.ErrCorrupt) || len(rooms) != 1 || rooms[0].Key != "good" {
		t.Errorf("%+v, %v", rooms, err)
	}
}
