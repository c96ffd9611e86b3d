package sqlite

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// names returns the databases in testdata, which the script
// cmd/civic-realtime/e2e/imports/databases.mjs has made with SQLite.
func names(t testing.TB) []string {
	t.Helper()
	all, err := filepath.Glob("testdata/*.sqlite")
	if err != nil || len(all) < 6 {
		t.Fatal(all, err)
	}
	return all
}

// expected returns the lengths of the data of the rows that a database has, by their names.
func expected(t testing.TB, name string) (rows map[string]int) {
	t.Helper()
	b, err := os.ReadFile(strings.TrimSuffix(name, ".sqlite") + ".json")
	if err == nil {
		err = json.Unmarshal(b, &rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// rowsOf reads all rows of a database.
func rowsOf(t testing.TB, name string) (all []Row) {
	t.Helper()
	db, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Rows("Documents", "NAME", "data")
	if err != nil {
		t.Fatal(err)
	}
	all = slices.Collect(rows)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	return all
}

// repeated returns the data that the script stores under a name.
func repeated(name string, size int) []byte {
	return bytes.Repeat([]byte(name+"\n"), size/(len(name)+1)+1)[:size]
}

// TestRows shows that databases of all forms have the rows that SQLite has stored: in pages of
// different sizes, in both encodings, with values of several pages, pages that were freed, a
// write-ahead log, and a transaction that is rolled back.
func TestRows(t *testing.T) {
	for _, name := range names(t) {
		want := expected(t, name)
		for _, row := range rowsOf(t, name) {
			size, ok := want[row.Key]
			if row.Err != nil || !ok || !bytes.Equal(row.Value, repeated(row.Key, size)) {
				t.Errorf("%s: %q: %d bytes, want %d, %v", name, row.Key, len(row.Value), size, row.Err)
			}
			delete(want, row.Key)
		}
		if len(want) > 0 {
			t.Errorf("%s: without %v", name, want)
		}
	}
}

// copyOf copies a database, and what belongs to it, to a new folder.
func copyOf(t testing.TB, name string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(name))
	for _, suffix := range suffixes {
		if b, err := os.ReadFile(name + suffix); err == nil {
			write(t, to+suffix, b)
		}
	}
	return to
}

func write(t testing.TB, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestWithoutLog shows that the tests of the log and the journal can fail: without these files the
// rows are others.
func TestWithoutLog(t *testing.T) {
	for _, name := range []string{"wal-killed", "wal-again-killed", "journal-full-killed", "journal-off-killed"} {
		path := copyOf(t, "testdata/"+name+".sqlite")
		_ = os.Remove(path + "-wal")
		_ = os.Remove(path + "-journal")
		db, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := db.Rows("documents", "name", "data")
		if err != nil {
			continue // the table is in the log, too
		}
		want := expected(t, "testdata/"+name+".sqlite")
		same := true
		for row := range rows {
			size, ok := want[row.Key]
			same = same && ok && row.Err == nil && bytes.Equal(row.Value, repeated(row.Key, size))
			delete(want, row.Key)
		}
		if same && len(want) == 0 {
			t.Errorf("%s has the same rows without its log", name)
		}
	}
}

// TestOpenRefuses shows the errors for files that are no databases, and for tables that are not
// there or have other columns.
func TestOpenRefuses(t *testing.T) {
	whole, err := os.ReadFile("testdata/pages-512.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	pageSize := slices.Clone(whole)
	pageSize[16], pageSize[17] = 3, 0
	for text, want := range map[string]error{
		"":                  imports.ErrUnknown,
		"no database":       imports.ErrUnknown,
		string(whole[:50]):  imports.ErrUnknown,
		string(pageSize):    imports.ErrDamaged,
		string(whole[:512]): nil,
	} {
		name := filepath.Join(t.TempDir(), "db")
		write(t, name, []byte(text))
		if db, err := Open(name); !errors.Is(err, want) {
			t.Errorf("%.20q: %v", text, err)
		} else if want == nil {
			db.Close()
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	db, err := Open("testdata/pages-512.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, columns := range [][3]string{{"none", "name", "data"}, {"documents", "title", "data"}, {"other", "name", "data"}} {
		if _, err := db.Rows(columns[0], columns[1], columns[2]); !errors.Is(err, imports.ErrUnknown) {
			t.Errorf("%q: %v", columns, err)
		}
	}
}

// TestDescribe shows which columns rows have, whatever else the statement says that made the table.
func TestDescribe(t *testing.T) {
	for statement, want := range map[string]string{
		"CREATE TABLE documents (name text, data blob)":                                              "name data",
		"CREATE TABLE documents(\nNAME\ttext,data)":                                                  "name data",
		"CREATE TABLE documents (name text, -- the document's name (unique)\n data blob /* a, b */)": "name data",
		"CREATE TABLE documents -- (of all)\n (a, name text) -- (end)":                               "a name",
		"CREATE TABLE documents (\"a, b\" int default ('x,(y'), [na)me] text, `data` blob)":          "a, b na)me data",
		"CREATE TABLE documents (a text default '--', data blob)":                                    "a data",
		"CREATE TABLE documents (name, u text generated always as (upper(name)) virtual, data)":      "name data",
		"CREATE TABLE documents (name, u AS(upper(name)), data, UNIQUE(name))":                       "name data unique",
		"CREATE TABLE documents (name, u AS (upper(name)) STORED, data)":                             "name u data",
		"CREATE TABLE documents (name, \"as\" text, b text check (cast(b as int) > 0))":              "name as b",
	} {
		info, err := describe("documents", 2, statement)
		if got := strings.Join(info.columns, " "); got != want || err != nil {
			t.Errorf("%s: %q, %v", statement, got, err)
		}
	}
	for _, statement := range []string{"", "CREATE TABLE documents (", ")(", "CREATE TABLE documents (name text PRIMARY KEY, data) WITHOUT ROWID"} {
		if _, err := describe("documents", 2, statement); !errors.Is(err, imports.ErrUnknown) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// TestRowOfValues shows which values a row may have.
func TestRowOfValues(t *testing.T) {
	for record, want := range map[string]Row{
		"\x03\x0f\x0ena":    {Key: "n", Value: []byte("a")},
		"\x03\x0f\x0fna":    {Key: "n", Value: []byte("a")},
		"\x03\x0f\x0cn":     {Key: "n", Value: []byte{}},
		"\x03\x0f\x00n":     {Key: "n"},
		"\x03\x0f\x08n":     {Err: imports.ErrDamaged},
		"\x03\x0f\x01n\x05": {Err: imports.ErrDamaged},
		"\x03\x00\x0ea":     {Err: imports.ErrDamaged},
		"\x02\x0fn":         {Err: imports.ErrDamaged},
		"\x03\x0f":          {Err: imports.ErrDamaged},
	} {
		got := (&DB{pages: new(pages)}).row([]byte(record), nil, 0, 1)
		if got.Key != want.Key || !bytes.Equal(got.Value, want.Value) || (got.Value == nil) != (want.Value == nil) || !errors.Is(got.Err, want.Err) {
			t.Errorf("%x: %+v", record, got)
		}
	}
}

// TestManyValues shows that a row takes no more memory than it is long, however many values it says
// that it has.
func TestManyValues(t *testing.T) {
	const n = 1 << 20
	record := append([]byte{0x80 | n>>14, 0x80, 0x03}, make([]byte, n+2)...)
	copy(record[3:], "\x0f\x0e")
	if values, ok := parseRecord(record, 5); !ok || len(values) > 5 {
		t.Errorf("%d values, %v", len(values), ok)
	}
}

// TestChanged shows that a database that is changed while it is read is noticed.
func TestChanged(t *testing.T) {
	for _, suffix := range suffixes {
		name := copyOf(t, "testdata/pages-512.sqlite")
		db, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(name+suffix, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString("x")
		f.Close()
		if err := db.Close(); !errors.Is(err, imports.ErrChanged) {
			t.Errorf("%q: %v", suffix, err)
		}
	}
}

// TestDamagedPage shows that rows outside of a damaged page are read, and that the page is
// reported, whichever page of the table it is.
func TestDamagedPage(t *testing.T) {
	const pageSize = 512
	whole, err := os.ReadFile("testdata/pages-512.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	want := expected(t, "testdata/pages-512.sqlite")
	reported := 0
	for page := 1; page < len(whole)/pageSize; page++ {
		name := filepath.Join(t.TempDir(), "db")
		b := slices.Clone(whole)
		copy(b[page*pageSize:(page+1)*pageSize], bytes.Repeat([]byte{0xff}, pageSize))
		write(t, name, b)
		db, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := db.Rows("documents", "name", "data")
		if err != nil {
			continue // it is the page of tables
		}
		good, bad := 0, 0
		for row := range rows {
			switch size := want[row.Key]; {
			case row.Err != nil:
				bad++
			case bytes.Equal(row.Value, repeated(row.Key, size)):
				good++
			}
		}
		db.Close()
		if bad > 0 {
			reported++
		}
		if good < len(want) && bad == 0 && !hasMarks(t, name) {
			t.Errorf("page %d: %d of %d rows, and nothing is reported", page+1, good, len(want))
		}
	}
	if reported < 5 {
		t.Errorf("%d pages were reported", reported)
	}
}

// hasMarks reports whether a value in a database has the bytes of a damaged page: content has no
// checksum.
func hasMarks(t *testing.T, name string) bool {
	return slices.ContainsFunc(rowsOf(t, name), func(row Row) bool {
		return bytes.Contains(row.Value, []byte{0xff, 0xff, 0xff, 0xff})
	})
}

// TestDamagedLog shows that nothing of a write-ahead log is used from a wrong byte on, as SQLite
// does.
func TestDamagedLog(t *testing.T) {
	const pageSize, name = 512, "testdata/wal-killed.sqlite"
	wal, err := os.ReadFile(name + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	frames := 0
	for at := walHeader; at+frameHeader+pageSize <= len(wal); at += frameHeader + pageSize {
		damaged := slices.Clone(wal)
		damaged[at+frameHeader+100] ^= 1
		some, pages := walPages(bytes.NewReader(damaged), int64(len(wal)), pageSize)
		cut, cutPages := walPages(bytes.NewReader(wal), int64(at), pageSize)
		if pages != cutPages || !maps.Equal(some, cut) {
			t.Fatalf("frame at %d: %d pages, want %d", at, pages, cutPages)
		}
		frames++
	}
	if frames < 10 {
		t.Errorf("%d frames", frames)
	}
}

// TestUncommitted shows that the pages of a transaction that is not committed are not used, and
// that those of an earlier use of the log are not either.
func TestUncommitted(t *testing.T) {
	wal, err := os.ReadFile("testdata/wal-again-killed.sqlite-wal")
	if err != nil {
		t.Fatal(err)
	}
	at, pages := walPages(bytes.NewReader(wal), int64(len(wal)), 512)
	if frames := len(wal) / (frameHeader + 512); pages == 0 || len(at) == 0 || len(at) > frames/2 {
		t.Errorf("%d of %d frames are used, for %d pages", len(at), frames, pages)
	}
	for number := range at {
		if number > pages {
			t.Errorf("page %d of %d is used", number, pages)
		}
	}
}

// TestPagesInTwoPlaces shows that reading ends where a tree leads back to itself, and that the
// pages of one value are not taken for others' as well.
func TestPagesInTwoPlaces(t *testing.T) {
	const pageSize, name = 512, "testdata/pages-512.sqlite"
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := openPages(name)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	info, err := p.find("documents")
	if err != nil {
		t.Fatal(err)
	}
	circle := slices.Clone(whole)
	root := circle[(info.page-1)*pageSize : info.page*pageSize]
	copy(root, []byte{interior, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, byte(info.page)})
	for i := range 40 {
		root[12+2*i], root[13+2*i] = 1, 0
	}
	copy(root[256:], []byte{0, 0, 0, byte(info.page), 1})
	mustBeAtMost(t, circle, 41)
	for page := 1; page < len(whole)/pageSize; page++ {
		b := slices.Clone(whole)
		if leafPage := b[page*pageSize:]; leafPage[0] == leaf {
			for i := range leafPage[4] {
				copy(leafPage[8+2*int(i):], leafPage[8:10])
			}
			mustBeAtMost(t, b, 100)
		}
	}
}

// mustBeAtMost checks that reading a database ends, with at most so many rows, and with no more
// values than the file is long.
func mustBeAtMost(t *testing.T, file []byte, most int) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "db")
	write(t, name, file)
	length, keys := 0, make(map[string]int)
	rows := rowsOf(t, name)
	for _, row := range rows {
		length += len(row.Value)
		if keys[row.Key]++; row.Err == nil && keys[row.Key] > 1 && len(row.Value) > 512 {
			t.Errorf("%q is read twice", row.Key)
		}
	}
	if len(rows) > most || length > len(file) {
		t.Errorf("%d rows with %d bytes", len(rows), length)
	}
}

// FuzzRows checks that reading ends, whatever is in a database and its log.
func FuzzRows(f *testing.F) {
	for _, name := range names(f) {
		db, _ := os.ReadFile(name)
		wal, _ := os.ReadFile(name + "-wal")
		journal, _ := os.ReadFile(name + "-journal")
		f.Add(db, wal, journal)
	}
	f.Fuzz(func(t *testing.T, file, wal, journal []byte) {
		name := filepath.Join(t.TempDir(), "db")
		write(t, name, file)
		write(t, name+"-wal", wal)
		write(t, name+"-journal", journal)
		db, err := Open(name)
		if err != nil {
			return
		}
		defer db.Close()
		rows, err := db.Rows("documents", "name", "data")
		if err != nil {
			return
		}
		for row := range rows {
			if len(row.Value) > len(file)+len(wal)+len(journal) {
				t.Fatalf("a value of %d bytes", len(row.Value))
			}
		}
	})
}

// TestVarint shows the lengths of integers.
func TestVarint(t *testing.T) {
	for text, want := range map[string]struct {
		v uint64
		n int
	}{
		"":                                     {0, 0},
		"\x7f":                                 {127, 1},
		"\x81\x00":                             {128, 2},
		"\x81":                                 {0, 0},
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff": {1<<64 - 1, 9},
		"\x80\x80\x80\x80\x80\x80\x80\x80":     {0, 0},
	} {
		if v, n := varint([]byte(text)); v != want.v || n != want.n {
			t.Errorf("%x: %d, %d", text, v, n)
		}
	}
}
