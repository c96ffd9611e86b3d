package ysweet

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// fileOf returns a data.ysweet with entries: keys and values in turn.
func fileOf(parts ...string) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(parts)/2))
	for _, p := range parts {
		b = append(binary.LittleEndian.AppendUint64(b, uint64(len(p))), p...)
	}
	return b
}

const (
	named  = "\x00\x00doc\x00"
	oid    = "\x00\x00\x00\x07"
	whole  = "\x00\x01" + oid + "\x00"
	vector = "\x00\x01" + oid + "\x01"
	later  = "\x00\x01" + oid + "\x02\x00\x00\x00"
	other  = "\x00\x01\x00\x00\x00\x08\x00"
)

// TestUpdates shows which updates files have: the state and what came after it, of the document of
// the file alone, without metadata. Damaged files give what is before the damage, and an error.
func TestUpdates(t *testing.T) {
	all := fileOf(named, oid, whole, "state", vector, "vector", later+"\x01\x00", "first", later+"\x02\x00", "second", other, "another's")
	for _, test := range []struct {
		name string
		file []byte
		want []string
		err  bool
	}{
		{"all", all, []string{"state", "first", "second"}, false},
		{"in another order", fileOf(later+"\x01\x00", "first", whole, "state", named, oid), []string{"state", "first"}, false},
		{"a state", fileOf(named, oid, whole, "state"), []string{"state"}, false},
		{"updates", fileOf(named, oid, later+"\x01\x00", "first"), []string{"first"}, false},
		{"no content", fileOf(named, oid), nil, false},
		{"cut", all[:len(all)-50], []string{"state", "first"}, true},
		{"more", append(slices.Clone(all), 0), []string{"state", "first", "second"}, true},
		{"empty", nil, nil, true},
		{"no entries", fileOf(), nil, true},
		{"no document", fileOf(whole, "state"), nil, true},
		{"an oid of three bytes", fileOf(named, oid[1:], whole, "state"), nil, true},
		{"endless", slices.Repeat([]byte{0xff}, 100), nil, true},
	} {
		got, err := updates(test.file)
		if (err != nil) != test.err || err != nil && !errors.Is(err, imports.ErrDamaged) {
			t.Errorf("%s: %v", test.name, err)
		}
		if !slices.EqualFunc(got, test.want, func(a []byte, b string) bool { return string(a) == b }) {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

// TestDocuments shows that each folder with a document is read, with the folder's name, and that
// other folders and files are not.
func TestDocuments(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string][]byte{
		"a/data.ysweet": fileOf(named, oid, whole, "state of a"), "b-2/data.ysweet": nil,
		"c/assets/picture": nil, "data.ysweet": nil, "a/assets/data.ysweet": nil,
	} {
		path := filepath.Join(dir, name)
		_ = os.MkdirAll(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir)
	if err != nil || !Is(dir) {
		t.Fatal(err)
	}
	docs := slices.Collect(s.Documents())
	if len(docs) != 2 || docs[0].Name != "a" || string(docs[0].Updates[0]) != "state of a" || docs[0].Err != nil ||
		docs[1].Name != "b-2" || docs[1].Err == nil {
		t.Errorf("%+v", docs)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", fileName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); !errors.Is(err, imports.ErrChanged) {
		t.Errorf("changed: %v", err)
	}
}

// TestOpenRefuses shows that a folder without documents is not taken for an empty store.
func TestOpenRefuses(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, imports.ErrUnknown) {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// FuzzUpdates checks that reading ends, with no more than the file has.
func FuzzUpdates(f *testing.F) {
	f.Add(fileOf(named, oid, whole, "state", later+"\x01\x00", "first"))
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := updates(file)
		n := 0
		for _, u := range all {
			n += len(u)
		}
		if n > len(file) || err != nil && !errors.Is(err, imports.ErrDamaged) {
			t.Fatal(n, err)
		}
	})
}
