package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// checked runs Check, and fails the test if Check changes anything in dir.
func checked(t *testing.T, dir string) (Totals, []Finding) {
	t.Helper()
	before := contentsOf(t, dir)
	names := listing(t, dir)
	var found []Finding
	totals, err := Check(dir, Checker{
		TempDir: t.TempDir(),
		Report:  func(f Finding) { found = append(found, f) },
		Document: func(snapshot []byte, rows [][]byte) error {
			isBad := func(row []byte) bool { return string(row) == "no update" }
			if bytes.Contains(snapshot, []byte("no document")) || slices.ContainsFunc(rows, isBad) {
				return errors.New("it is no document")
			}
			return nil
		},
	})
	if err != nil {
		t.Fatalf("Check: %v", err)
	}
	for name, b := range contentsOf(t, dir) {
		if !bytes.Equal(b, before[name]) {
			t.Errorf("%s has changed", name)
		}
	}
	if now := listing(t, dir); now != names {
		t.Errorf("files are\n%s, were\n%s", now, names)
	}
	return totals, found
}

// contentsOf returns the contents of all files in dir, by name.
func contentsOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		if file.IsDir() {
			continue // of replaced files
		}
		all[file.Name()] = read(t, filepath.Join(dir, file.Name()))
	}
	return all
}

// checkedStore returns the directory of a stopped store that has records of every kind, as a killed
// process leaves it.
func checkedStore(t *testing.T) (dir string) {
	t.Helper()
	from := t.TempDir()
	s := open(t, from, Config{SyncInterval: never.SyncInterval, Retention: everything})
	save(t, s, "a", "the first snapshot", add(t, s, "a", "covered"))
	save(t, s, "a", bigSnapshot, 0)
	add(t, s, "a", "second row", "third row")
	add(t, s, "b", "a row of b")
	err := errors.Join(
		keepVersion(t.Context(), s, "b", "why", []byte("a version of b")),
		s.Quarantine(t.Context(), "b"),
		s.Expire(t.Context(), "b", time.Unix(1<<40, 0)))
	if err != nil {
		t.Fatal(err)
	}
	save(t, s, "a", bigSnapshot, 2)
	for _, row := range []string{"one", "two", "three"} {
		appendRows(t, s, []persist.Row{{Room: "a", Data: []byte("log row " + row + " of a")},
			{Room: "c", Data: []byte("log row " + row + " of c")}})
	}
	dir = t.TempDir()
	for _, name := range []string{dbName, wal.FileName, markerName} {
		write(t, filepath.Join(dir, name), read(t, filepath.Join(from, name)))
	}
	return dir
}

func TestCheckFindsNothing(t *testing.T) {
	totals, found := checked(t, checkedStore(t))
	want := Totals{Rooms: 3, Snapshots: 1, Rows: 1, LogRows: 6, Versions: 3, Quarantined: 1}
	if totals != want || len(found) > 0 {
		t.Errorf("%+v, %v, want %+v", totals, found, want)
	}
	empty := t.TempDir()
	if err := open(t, empty, Config{}).Close(); err != nil {
		t.Fatal(err)
	}
	if totals, found := checked(t, empty); totals != (Totals{}) || len(found) > 0 {
		t.Errorf("an empty store: %+v, %v", totals, found)
	}
}

// TestCheckFinds damages every kind of record and file, and shows that Check reports the damage.
func TestCheckFinds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   Finding // its reason is part of the found one's
	}{
		{"a row", flipIn(dbName, "third row"),
			Finding{Place: PlaceJournal, Room: "a", Row: 3, Reason: "checksum mismatch"}},
		{"a snapshot", flipIn(dbName, "the snapshot"),
			Finding{Place: PlaceSnapshot, Room: "a", Reason: "checksum mismatch"}},
		{"a snapshot's second part", flipIn(dbName, bigSnapshot[chunkSize+100:chunkSize+1000]),
			Finding{Place: PlaceSnapshot, Room: "a", Reason: "checksum mismatch"}},
		{"a version", flipIn(dbName, "the first snapshot"),
			Finding{Place: PlaceVersion, Room: "a", Version: 1, Reason: "checksum mismatch"}},
		{"a row of the log", replaceIn(wal.FileName, "log row one of a", "LOG ROW ONE of a"),
			Finding{Place: PlaceLog, Room: "a", Row: 5, Reason: "checksum mismatch"}},
		{"a bit of a row of the log",
			replaceIn(wal.FileName, "log row one of a", "log row one of c"),
			Finding{Place: PlaceLog, Room: "a", Reason: "put right", Harmless: true}},
		{"the last commit of the log",
			replaceIn(wal.FileName, "log row three of c", "LOG ROW THREE of c"),
			Finding{Place: PlaceLog, Reason: "the last commit", Harmless: true}},
		{"the log's end",
			func(t *testing.T, dir string) { truncate(t, filepath.Join(dir, wal.FileName), 4096) },
			Finding{Place: PlaceLog, Reason: "was cut to 4096 bytes"}},
		{"the log's beginning", replaceIn(wal.FileName, "\xC1\xB1\xC7\xA1", "\xC1\xB1\xC7\xA2"),
			Finding{Place: PlaceLog, Reason: "does not begin with a record"}},
		{"the database's end",
			func(t *testing.T, dir string) { truncate(t, filepath.Join(dir, dbName), 16<<10) },
			Finding{Place: PlaceDatabase, Reason: "rooms.db"}},
		{"a page", zeroPageOf("third row"), Finding{Place: PlaceDatabase, Reason: "page"}},
		{"the marker", replaceIn(markerName, "transaction", "translation"),
			Finding{Place: PlaceDatabase, Reason: "rooms.mark", Harmless: true}},
		{"no marker", func(t *testing.T, dir string) { remove(t, dir, markerName) },
			Finding{Place: PlaceDatabase, Reason: "rooms.mark", Harmless: true}},
		{"the database", func(t *testing.T, dir string) { remove(t, dir, dbName) },
			Finding{Place: PlaceDatabase, Reason: "is missing or empty"}},
		{"an older database", func(t *testing.T, dir string) {
			if err := writeMarker(dir, 1000); err != nil {
				t.Fatal(err)
			}
		}, Finding{Place: PlaceDatabase, Reason: "transactions"}},
		{"an entry of the list", editDB(func(tx *bbolt.Tx) error {
			id := wal.IDOf("a")
			b := bytes.Clone(tx.Bucket(roomBucket).Get(id[:]))
			b[10] ^= 1
			return tx.Bucket(roomBucket).Put(id[:], b)
		}), Finding{Place: PlaceRooms, Reason: "the list of rooms is damaged", Harmless: true}},
		{"a row that is missing", editDB(func(tx *bbolt.Tx) error {
			key := wal.KeyOf(3, wal.IDOf("a"))
			return tx.Bucket(journalBucket).Delete(chunkKey(key[:], 0))
		}), Finding{Place: PlaceRooms, Room: "a",
			Reason: "0 rows of its journal are there, 1 were stored"}},
		{"a snapshot that is missing", editDB(func(tx *bbolt.Tx) error {
			return tx.Bucket(snapshotBucket).DeleteBucket([]byte("a"))
		}),
			Finding{Place: PlaceRooms, Room: "a", Reason: "its snapshot is missing"}},
		{"a version that is missing", editDB(func(tx *bbolt.Tx) error {
			return tx.Bucket(versionBucket).Bucket([]byte("a")).DeleteBucket(versionKey(1))
		}),
			Finding{Place: PlaceRooms, Room: "a", Reason: "versions are damaged"}},
		{"a room that nobody knows", editDB(func(tx *bbolt.Tx) error {
			_, err := tx.Bucket(snapshotBucket).CreateBucket([]byte("stranger"))
			return err
		}), Finding{Place: PlaceSnapshot, Room: "stranger", Reason: "head is missing"}},
		{"a key in the journal", editDB(func(tx *bbolt.Tx) error {
			return tx.Bucket(journalBucket).Put([]byte("key"), nil)
		}), Finding{Place: PlaceJournal, Reason: "a key that no row has"}},
		{"a part without a row", editDB(func(tx *bbolt.Tx) error {
			key := wal.KeyOf(900, wal.IDOf("a"))
			return tx.Bucket(journalBucket).Put(chunkKey(key[:], 1), nil)
		}), Finding{Place: PlaceJournal, Reason: "without the chunk before it"}},
		{"a value among snapshots", editDB(func(tx *bbolt.Tx) error {
			return tx.Bucket(snapshotBucket).Put([]byte("x"), nil)
		}), Finding{Place: PlaceSnapshot, Room: "x", Reason: "where a bucket"}},
		{"an expiry", editDB(func(tx *bbolt.Tx) error {
			return tx.Bucket(expiryBucket).Put([]byte("a"), binary.BigEndian.AppendUint64(nil, 5))
		}), Finding{Place: PlaceExpiry, Room: "a", Reason: "list of rooms", Harmless: true}},
		{"what was quarantined", editDB(func(tx *bbolt.Tx) error {
			return tx.Bucket(quarantineBucket).Bucket(versionKey(1)).Delete(quarantineRoom)
		}),
			Finding{Place: PlaceQuarantine, Version: 1, Reason: "key of its room"}},
		{"a document", changeStore(func(s *Store, t *testing.T) { add(t, s, "a", "no update") }),
			Finding{Place: PlaceDocument, Room: "a", Reason: "it is no document"}},
		{"the document of a version", changeStore(func(s *Store, t *testing.T) {
			if err := keepVersion(t.Context(), s, "b", "", []byte("no document")); err != nil {
				t.Fatal(err)
			}
		}), Finding{Place: PlaceDocument, Room: "b", Version: 2, Reason: "it is no document"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := checkedStore(t)
			tt.damage(t, dir)
			_, found := checked(t, dir)
			if !slices.ContainsFunc(found, func(f Finding) bool {
				part := strings.Contains(f.Reason, tt.want.Reason)
				f.Reason = tt.want.Reason
				return part && f == tt.want
			}) {
				t.Errorf("found %+v", found)
			}
			bad := slices.ContainsFunc(found, func(f Finding) bool { return !f.Harmless })
			if bad == tt.want.Harmless {
				t.Errorf("harmless %v: %+v", tt.want.Harmless, found)
			}
		})
	}
}

func truncate(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

func flipIn(name, find string) func(*testing.T, string) {
	return func(t *testing.T, dir string) { flip(t, filepath.Join(dir, name), []byte(find)) }
}

// replaceIn replaces the first occurrence of a text in a file. Of a header's magic number it
// replaces two, as a header is stored twice.
func replaceIn(name, old, with string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, name)
		b := read(t, path)
		if !bytes.Contains(b, []byte(old)) {
			t.Fatal("nothing to damage")
		}
		n := 1
		if strings.HasPrefix(old, "\xC1") {
			n = 2
		}
		write(t, path, bytes.Replace(b, []byte(old), []byte(with), n))
	}
}

// zeroPageOf overwrites all pages that have a text with zeros.
func zeroPageOf(text string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, dbName)
		b := read(t, path)
		for at := bytes.Index(b, []byte(text)); at >= 0; at = bytes.Index(b, []byte(text)) {
			clear(b[at&^4095:][:4096])
		}
		write(t, path, b)
	}
}

// editDB changes the database of a stopped store.
func editDB(f func(tx *bbolt.Tx) error) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		db, err := bbolt.Open(filepath.Join(dir, dbName), 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Update(f), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// changeStore opens the store, changes it with f and closes it.
func changeStore(f func(s *Store, t *testing.T)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		s := open(t, dir, Config{Retention: everything})
		f(s, t)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCheckFails(t *testing.T) {
	check := func(dir string) error {
		_, err := Check(dir, Checker{Report: func(f Finding) { t.Errorf("%+v", f) }})
		return err
	}
	if err := check(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty directory: %v", err)
	}
	dir := t.TempDir()
	open(t, dir, Config{})
	if err := check(dir); !errors.Is(err, persist.ErrInUse) {
		t.Errorf("a store that is open: %v", err)
	}
	if err := check(layout2Store(t)); !errors.Is(err, persist.ErrFormat) {
		t.Errorf("an older layout: %v", err)
	}
}

// TestCheckMissesNothing flips one bit in each of many places, and shows that Check reports
// whatever a store lacks that is opened afterwards.
func TestCheckMissesNothing(t *testing.T) {
	from, want := sampleStore(t)
	scratch, files := memoryDir(t), filesIn(t, from)
	lost := 0
	for _, name := range []string{wal.FileName, dbName} {
		places := inUse(t, name, read(t, filepath.Join(from, name)))
		for n := range 60 {
			at := places[n*len(places)/60+7]
			dir := filepath.Join(scratch, fmt.Sprint(name, n))
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			for file, content := range files {
				if file == name {
					content.used = slices.Clone(content.used)
					content.used[at] ^= 1 << (n % 8)
				}
				content.write(t, filepath.Join(dir, file))
			}
			if missed := mustReportLoss(t, dir, want); missed != "" {
				lost++
				t.Logf("%s byte %d bit %d: %s", name, at, n%8, missed)
			}
			_ = os.RemoveAll(dir)
		}
	}
	if lost == 0 {
		t.Error("nothing was lost: is anything tested?")
	}
}

// mustReportLoss returns a description of the data that a store has lost, and fails the test if
// Check has not reported a loss.
func mustReportLoss(t *testing.T, dir string, want map[string]string) (lost string) {
	t.Helper()
	_, found := checked(t, dir)
	bad := slices.ContainsFunc(found, func(f Finding) bool { return !f.Harmless })
	s, err := Open(dir, never)
	if err != nil {
		lost = err.Error()
	} else {
		for room, content := range want {
			if snapshot, rows, err := s.Load(t.Context(), room); err != nil ||
				joined(snapshot, rows) != content {
				lost = fmt.Sprintf("room %s: %v", room, err)
			}
		}
		_ = s.Close()
	}
	if lost != "" && !bad {
		t.Errorf("%s, but Check has found %+v", lost, found)
	}
	return lost
}

func joined(snapshot []byte, rows [][]byte) string {
	return string(bytes.Join(append([][]byte{snapshot}, rows...), []byte("|")))
}
