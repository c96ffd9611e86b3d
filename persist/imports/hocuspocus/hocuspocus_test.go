package hocuspocus

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/persist/imports"
	"github.com/civicpress/civic-realtime/persist/imports/sqlite"
)

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFolder shows the names of the documents of files: without endings, with slashes, decoded; and
// that hidden files are left out.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"notes.bin": "notes", "team/notes.yjs": "team/notes", "a%2Fb.update": "a/b", "100%.state": "100%", "v1.2": "v1.2",
		"x.ydoc.bin": "x.ydoc", ".DS_Store": "", ".git/config": "",
	} {
		write(t, filepath.Join(dir, name), []byte(want))
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for d := range s.Documents() {
		names = append(names, d.Name)
		if d.Err != nil || len(d.Updates) != 1 || string(d.Updates[0]) != d.Name {
			t.Errorf("%+v", d)
		}
	}
	slices.Sort(names)
	if want := []string{"100%", "a/b", "notes", "team/notes", "v1.2", "x.ydoc"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	write(t, filepath.Join(dir, "notes.bin"), nil)
	if err := s.Close(); !errors.Is(err, imports.ErrChanged) {
		t.Errorf("changed: %v", err)
	}
}

// TestFolderUnreadable shows that a file that cannot be read is a document with an error, and that
// the others are read.
func TestFolderUnreadable(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b"), []byte("b"))
	if err := os.Symlink("nowhere", filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	docs := slices.Collect(s.Documents())
	if len(docs) != 2 || docs[0].Name != "a" || docs[0].Err == nil || docs[1].Err != nil {
		t.Errorf("%+v", docs)
	}
}

// TestDatabase shows that the documents of a database are its rows.
func TestDatabase(t *testing.T) {
	const name = "../sqlite/testdata/pages-512.sqlite"
	s, err := Open(name)
	if err != nil || !Is(name) {
		t.Fatal(err)
	}
	docs := slices.Collect(s.Documents())
	if len(docs) < 5 || docs[0].Name == "" || len(docs[0].Updates) != 1 || docs[0].Err != nil || s.Close() != nil {
		t.Errorf("%+v, %v", docs, s.Close())
	}
}

// TestRowsOfDocuments shows that a row without data is a document in which nothing was written, and
// that one that cannot be read is a lost part.
func TestRowsOfDocuments(t *testing.T) {
	d := &database{rows: slices.Values([]sqlite.Row{{Key: "new"}, {Key: "a", Value: []byte{0, 0}}, {Err: imports.ErrDamaged}})}
	docs := slices.Collect(d.Documents())
	if len(docs) != 3 || docs[0].Name != "new" || len(docs[0].Updates) != 0 || docs[0].Err != nil || docs[0].Lost ||
		len(docs[1].Updates) != 1 || !docs[2].Lost {
		t.Errorf("%+v", docs)
	}
}

// TestDamagedDatabase shows that a damaged page is a lost part.
func TestDamagedDatabase(t *testing.T) {
	b, err := os.ReadFile("../sqlite/testdata/columns.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "db")
	write(t, name, b[:len(b)/3])
	s, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(slices.Collect(s.Documents()), func(d imports.Document) bool {
		return d.Lost && errors.Is(d.Err, imports.ErrDamaged)
	}) {
		t.Error("nothing is lost")
	}
}

// TestOpenRefuses shows the errors for what is no store.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "folder", ".hidden"), nil)
	write(t, filepath.Join(dir, "file"), []byte("text"))
	for name, want := range map[string]error{"folder": imports.ErrUnknown, "file": imports.ErrUnknown, "none": os.ErrNotExist} {
		if _, err := Open(filepath.Join(dir, name)); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
