package bolt

import (
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
)

func marksOf(t *testing.T, s *Store) []persist.Mark {
	t.Helper()
	marks, err := s.Marks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return marks
}

func setMarks(t *testing.T, s *Store, marks ...persist.Mark) {
	t.Helper()
	if err := s.SetMarks(t.Context(), marks); err != nil {
		t.Fatal(err)
	}
}

// TestMarks shows that the newest marks are read at once, and again after the store was opened
// again, and that a room that was dropped has none.
func TestMarks(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{SyncInterval: time.Hour})
	if got := marksOf(t, s); len(got) != 0 {
		t.Errorf("a new store has the marks %v", got)
	}
	a := persist.Mark{Room: "a", Incarnation: 7, Generation: "g", Sent: add(t, s, "a", "row")}
	b := persist.Mark{Room: "b", Whole: true, Released: time.UnixMilli(5)}
	setMarks(t, s, b, persist.Mark{Room: "a"})
	setMarks(t, s, a)
	for range 2 {
		if got := marksOf(t, s); !slices.Equal(got, []persist.Mark{a, b}) {
			t.Fatalf("%+v", got)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir, Config{})
	}
	setMarks(t, s, persist.Mark{Room: "c"})
	if err := s.Drop(t.Context(), "a", "c"); err != nil {
		t.Fatal(err)
	}
	if got := marksOf(t, s); !slices.Equal(got, []persist.Mark{b}) {
		t.Errorf("after the drop: %+v", got)
	}
}

// TestMarksAreWrittenWithoutRows shows that marks are written to the database although no row is
// stored, within Config.SyncInterval.
func TestMarksAreWrittenWithoutRows(t *testing.T) {
	s := open(t, t.TempDir(), Config{SyncInterval: time.Nanosecond})
	setMarks(t, s, persist.Mark{Room: "a", Sent: 3})
	for written := false; !written; {
		if err := s.db.View(func(tx *bbolt.Tx) error {
			marks, _ := marksIn(tx)
			written = len(marks) == 1 && marks[0].Sent == 3
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDamagedMark shows that a mark of which a bit is wrong is as none, in an open store and after
// it was opened again, and that Check reports it as harmless.
func TestDamagedMark(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	add(t, s, "a", "row")
	setMarks(t, s, persist.Mark{Room: "a", Sent: 3}, persist.Mark{Room: "b"})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, Config{})
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		value := slices.Clone(tx.Bucket(markBucket).Get([]byte("a")))
		value[markLen-1] ^= 1
		return tx.Bucket(markBucket).Put([]byte("a"), value)
	}); err != nil {
		t.Fatal(err)
	}
	if got := marksOf(t, s); len(got) != 1 || got[0].Room != "b" {
		t.Errorf("%+v", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, found := checked(t, dir)
	if len(found) != 1 || found[0].Place != PlaceMark || !found[0].Harmless {
		t.Errorf("%+v", found)
	}
}

// TestMarksInBackup shows that a backup has the marks, and that a store without any can be backed
// up and restored too.
func TestMarksInBackup(t *testing.T) {
	for _, marks := range [][]persist.Mark{nil, {{Room: "a", Sent: 1}}} {
		from := t.TempDir()
		s := open(t, from, Config{})
		add(t, s, "a", "row")
		setMarks(t, s, marks...)
		if err := s.Close(); err != nil { // the marks are written now
			t.Fatal(err)
		}
		s = open(t, from, Config{})
		path, _ := backUp(t, s)
		dir, _ := restore(t, path)
		restored := open(t, dir, Config{})
		if got := marksOf(t, restored); !slices.Equal(got, marks) {
			t.Errorf("%+v, want %+v", got, marks)
		}
	}
}

// TestLoadNumbered shows the numbers of rows, and of the last that a snapshot covers.
func TestLoadNumbered(t *testing.T) {
	s := open(t, t.TempDir(), Config{})
	first := add(t, s, "a", "one")
	last := add(t, s, "a", "two", "three")
	save(t, s, "a", "snapshot", first)
	snapshot, covered, rows, err := s.LoadNumbered(t.Context(), "a")
	if err != nil || string(snapshot) != "snapshot" || covered != first || len(rows) != 2 ||
		rows[1].Seq != last || string(rows[1].Data) != "three" || rows[1].Room != "a" {
		t.Errorf("%q, %d, %+v, %v", snapshot, covered, rows, err)
	}
}

// TestDrop shows that everything of the rooms is gone, although they do not expire, also from the
// log, and nothing of another.
func TestDrop(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	last := add(t, s, "a", "one")
	save(t, s, "a", "snapshot", last)
	add(t, s, "a", "two")
	add(t, s, "b", "one")
	if err := keepVersion(t.Context(), s, "a", "why", []byte("version")); err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(t.Context(), "a", "none"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		rooms, err := s.Rooms(t.Context())
		if err != nil || len(rooms) != 1 || rooms[0].Key != "b" || rooms[0].Rows != 1 {
			t.Fatalf("%+v, %v", rooms, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir, Config{})
	}
}

// TestUnsent shows which rooms have more than their marks say: those without a mark, with newer
// rows, with a snapshot that covers rows that were not sent, and those that are to be sent as a
// whole.
func TestUnsent(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{SyncInterval: time.Hour})
	rooms := []string{"all sent", "covered", "newer", "whole"}
	for _, room := range rooms {
		setMarks(t, s, persist.Mark{Room: room, Sent: add(t, s, room, "row"), Whole: room == "whole"})
	}
	if err := keepVersion(t.Context(), s, "versions alone", "why", nil); err != nil {
		t.Fatal(err)
	}
	add(t, s, "newer", "row")
	add(t, s, "unmarked too", "row")
	save(t, s, "covered", "snapshot", add(t, s, "covered", "row"))
	setMarks(t, s, persist.Mark{Room: "nothing is stored"})
	for range 2 {
		got, err := s.Unsent(t.Context())
		if want := []string{"covered", "newer", "unmarked too", "whole"}; err != nil ||
			!slices.Equal(got, want) {
			t.Errorf("%q, %v", got, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir, Config{})
	}
}
