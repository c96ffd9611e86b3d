package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/imports/leveldb"
	"github.com/civicpress/civic-realtime/persist/imports/sqlite"
)

// makeFiles runs a script in imports that makes files in a new folder.
func makeFiles(t *testing.T, script string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "files")
	if out, err := importScript(t, script, dir).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	return dir
}

// readJSON reads a file of JSON.
func readJSON(t *testing.T, name string, value any) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(b, value)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestReadSQLite shows that databases of today's SQLite are read as SQLite would read them: with
// pages of all sizes, long values, many rows, freed pages, texts in UTF-16, a write-ahead log, and
// a transaction that was interrupted.
func TestReadSQLite(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(makeFiles(t, "databases.mjs"), "*.sqlite"))
	if err != nil || len(names) < 10 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		var want map[string]int
		readJSON(t, strings.TrimSuffix(name, ".sqlite")+".json", &want)
		db, err := sqlite.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := db.Rows("documents", "name", "data")
		if err != nil {
			t.Fatal(err)
		}
		for row := range rows {
			size, ok := want[row.Key]
			value := bytes.Repeat([]byte(row.Key+"\n"), size/(len(row.Key)+1)+1)[:size]
			if row.Err != nil || !ok || !bytes.Equal(row.Value, value) {
				t.Errorf("%s: %q: %d bytes, want %d, %v", filepath.Base(name), row.Key, len(row.Value), size, row.Err)
			}
			delete(want, row.Key)
		}
		if err := db.Close(); err != nil || len(want) > 0 {
			t.Errorf("%s: without %v, %v", filepath.Base(name), want, err)
		}
	}
}

// TestReadLevelDB shows that a database of today's LevelDB is read as it would read it.
func TestReadLevelDB(t *testing.T) {
	t.Parallel()
	dir := makeFiles(t, "tables.mjs")
	var want map[string][]byte
	readJSON(t, filepath.Join(dir, "expected.json"), &want)
	db, err := leveldb.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range db.From(nil) {
		if value, ok := want[string(k)]; !ok || !bytes.Equal(v, value) {
			t.Errorf("%s: %d bytes, want %d", k, len(v), len(value))
		}
		delete(want, string(k))
	}
	if len(want) > 0 || len(db.Damage()) > 0 {
		t.Errorf("without %d keys, damage %v", len(want), db.Damage())
	}
}
