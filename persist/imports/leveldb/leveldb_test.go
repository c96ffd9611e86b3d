package leveldb

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// testdata has a database that the script cmd/civic-realtime/e2e/imports/tables.mjs has made with
// LevelDB.
const testdata = "testdata/db"

// expected returns the content of that database.
func expected(t testing.TB) (content map[string][]byte) {
	t.Helper()
	b, err := os.ReadFile(testdata + "/expected.json")
	if err == nil {
		err = json.Unmarshal(b, &content)
	}
	if err != nil || len(content) < 80 {
		t.Fatal(len(content), err)
	}
	return content
}

// copyOf copies the database to a new folder, with a change of some files, by their names; nil
// leaves a file out.
func copyOf(t testing.TB, changes map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	files, err := os.ReadDir(testdata)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, changed := changes[f.Name()]
		if !changed {
			b = read(t, f.Name())
		}
		if b == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name()), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testdata, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lastOf returns the name of the last file of a pattern.
func lastOf(t testing.TB, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(testdata, pattern))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	return filepath.Base(names[len(names)-1])
}

func mustOpen(t testing.TB, dir string) *DB {
	t.Helper()
	db, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// TestFrom shows that a database with tables and logs that overlap has the newest values of all
// keys, in order, from any key on, and that no file is changed or made.
func TestFrom(t *testing.T) {
	want := expected(t)
	dir := copyOf(t, nil)
	before, _ := os.ReadDir(dir)
	db := mustOpen(t, dir)
	if tables := db.list.list(); len(tables) < 2 || len(db.writes) < 20 {
		t.Fatalf("%d tables, %d writes in logs: that shows too little", len(tables), len(db.writes))
	}
	for _, from := range append(slices.Sorted(maps.Keys(want)), "", "key 0050x", "z") {
		var keys []string
		for k, v := range db.From([]byte(from)) {
			if !bytes.Equal(v, want[string(k)]) {
				t.Fatalf("%s has %d bytes, want %d", k, len(v), len(want[string(k)]))
			}
			keys = append(keys, string(k))
		}
		all := slices.Sorted(maps.Keys(want))
		at, _ := slices.BinarySearch(all, from)
		if !slices.Equal(keys, all[at:]) {
			t.Errorf("from %q: %d keys, want %d", from, len(keys), len(all)-at)
		}
	}
	if len(db.Damage()) > 0 || db.Close() != nil {
		t.Error(db.Damage(), db.Close())
	}
	if after, _ := os.ReadDir(dir); len(after) != len(before) {
		t.Errorf("%d files, there were %d", len(after), len(before))
	}
}

// TestFromStops shows that reading may end early.
func TestFromStops(t *testing.T) {
	db := mustOpen(t, testdata)
	for range db.From(nil) {
		break
	}
}

// TestOpenRefuses shows the errors for folders without a database, and with a damaged list of
// files.
func TestOpenRefuses(t *testing.T) {
	manifest := slices.Clone(read(t, "MANIFEST-000002"))
	manifest[20] ^= 1
	other := bytes.Replace(read(t, "MANIFEST-000002"), []byte("Bytewise"), []byte("Otherwis"), 1)
	for _, test := range []struct {
		changes map[string][]byte
		want    error
	}{
		{map[string][]byte{"CURRENT": nil}, imports.ErrUnknown},
		{map[string][]byte{"CURRENT": []byte("something")}, imports.ErrUnknown},
		{map[string][]byte{"CURRENT": []byte("MANIFEST-000002")}, imports.ErrDamaged},
		{map[string][]byte{"CURRENT": []byte("MANIFEST-/../x\n")}, imports.ErrDamaged},
		{map[string][]byte{"MANIFEST-000002": nil}, imports.ErrDamaged},
		{map[string][]byte{"MANIFEST-000002": manifest}, imports.ErrDamaged},
		{map[string][]byte{"MANIFEST-000002": other}, imports.ErrDamaged},
	} {
		if _, err := Open(copyOf(t, test.changes)); !errors.Is(err, test.want) {
			t.Errorf("%.40q: %v", test.changes, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, imports.ErrUnknown) {
		t.Error(err)
	}
}

// TestDamage shows that one wrong byte anywhere in a table or log is reported, with a range that
// has all keys that are missing or have other values; all other keys are read.
func TestDamage(t *testing.T) {
	want := expected(t)
	files, err := os.ReadDir(testdata)
	if err != nil {
		t.Fatal(err)
	}
	reported := 0
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); ext != ".ldb" && ext != ".log" {
			continue
		}
		whole := read(t, f.Name())
		for at := 3; at < len(whole); at += 1499 {
			b := slices.Clone(whole)
			b[at] ^= 0x10
			db := mustOpen(t, copyOf(t, map[string][]byte{f.Name(): b}))
			reported += mustBeReported(t, db, want, f.Name())
		}
		for _, b := range [][]byte{nil, {}, whole[:len(whole)-1]} {
			if filepath.Ext(f.Name()) == ".ldb" {
				mustBeReported(t, mustOpen(t, copyOf(t, map[string][]byte{f.Name(): b})), want, f.Name())
			}
		}
	}
	if reported < 50 {
		t.Errorf("%d damages were reported", reported)
	}
}

// mustBeReported checks that the keys that a database does not have as expected are in the ranges
// that it reports as damaged.
func mustBeReported(t *testing.T, db *DB, want map[string][]byte, file string) (damages int) {
	t.Helper()
	got := make(map[string][]byte)
	for k, v := range db.From(nil) {
		got[string(k)] = v
	}
	for k := range maps.Keys(joined(got, want)) {
		_, here := got[k]
		_, there := want[k]
		if here == there && bytes.Equal(got[k], want[k]) {
			continue
		}
		if !slices.ContainsFunc(db.Damage(), func(d Damage) bool {
			return (d.From == nil || string(d.From) <= k) && (d.Through == nil || string(d.Through) >= k)
		}) {
			t.Errorf("%s: %s is read wrongly, and reported is %v", file, k, db.Damage())
		}
	}
	return len(db.Damage())
}

func joined(a, b map[string][]byte) map[string][]byte {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// TestTornLog shows that a log that ends within a record is no damage: the last write was not
// acknowledged when the process ended.
func TestTornLog(t *testing.T) {
	name := lastOf(t, "*.log")
	log := read(t, name)
	db := mustOpen(t, copyOf(t, map[string][]byte{name: log[:len(log)-3]}))
	for range db.From(nil) {
	}
	if len(db.Damage()) > 0 {
		t.Error(db.Damage())
	}
}

// TestOldNames shows that tables may have the names that early versions of LevelDB gave them.
func TestOldNames(t *testing.T) {
	dir := copyOf(t, nil)
	files, _ := filepath.Glob(filepath.Join(dir, "*.ldb"))
	for _, name := range files {
		if err := os.Rename(name, strings.TrimSuffix(name, ".ldb")+".sst"); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for range mustOpen(t, dir).From(nil) {
		n++
	}
	if n != len(expected(t)) {
		t.Errorf("%d keys", n)
	}
}

// TestTouches shows which damage may be of keys with a prefix.
func TestTouches(t *testing.T) {
	for _, test := range []struct {
		from, through string
		want          bool
	}{
		{"a", "z", true}, {"m", "mz", true}, {"mm", "mm", true}, {"m\xff", "z", true}, {"a", "m", true},
		{"a", "l", false}, {"n", "z", false},
	} {
		d := Damage{From: []byte(test.from), Through: []byte(test.through)}
		if d.Touches([]byte("m")) != test.want {
			t.Errorf("%+v", test)
		}
	}
	if !(Damage{}).Touches([]byte("m")) {
		t.Error("damage of any key")
	}
}

// FuzzTable checks that reading ends, whatever is in a table, a log and the list of files.
func FuzzTable(f *testing.F) {
	tableName, logName := lastOf(f, "*.ldb"), lastOf(f, "*.log")
	f.Add(read(f, tableName), read(f, logName)[:3000], read(f, "MANIFEST-000002"))
	f.Add(read(f, tableName)[:9000], []byte{}, read(f, "MANIFEST-000002"))
	f.Fuzz(func(t *testing.T, table, log, manifest []byte) {
		db, err := Open(copyOf(t, map[string][]byte{
			tableName: table, logName: log, "MANIFEST-000002": manifest,
		}))
		if err != nil {
			return
		}
		for range db.From(nil) {
		}
	})
}

// TestMalformedBlock shows the same for blocks whose checksum is right and whose content is not:
// the keys of these are reported.
func TestMalformedBlock(t *testing.T) {
	want, malformed := expected(t), 0
	for _, info := range mustOpen(t, testdata).list.list() {
		name := fmt.Sprintf("%06d.ldb", info.number)
		opened := newTable(filepath.Join(testdata, name), info, nil, func(Damage) {})
		if err := opened.open(); err != nil {
			t.Fatal(err)
		}
		opened.close()
		for _, block := range opened.index {
			b := slices.Clone(read(t, name))
			content := b[block.at.offset : block.at.offset+block.at.size+1]
			if content[block.at.size] != compressionNone {
				continue
			}
			content[0] = 0x7f // the first key cannot share bytes with one before
			sum := checksum(content)
			binary.LittleEndian.PutUint32(b[block.at.offset+block.at.size+1:], (sum>>15|sum<<17)+0xa282ead8)
			malformed += mustBeReported(t, mustOpen(t, copyOf(t, map[string][]byte{name: b})), want, name)
		}
	}
	if malformed < 3 {
		t.Errorf("%d blocks were reported", malformed)
	}
}
