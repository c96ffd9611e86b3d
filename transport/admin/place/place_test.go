package place

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMakeToken shows that a token of 256 bits is made once, in a file of its owner, and is kept.
func TestMakeToken(t *testing.T) {
	dir := t.TempDir()
	first, err := MakeToken(dir)
	if err != nil || len(first) != 64 {
		t.Fatalf("%d characters, %v", len(first), err)
	}
	mustBePrivate(t, filepath.Join(dir, TokenFile))
	if again, err := MakeToken(dir); again != first || err != nil {
		t.Errorf("another token is made: %v", err)
	}
	if other, _ := MakeToken(t.TempDir()); other == first {
		t.Error("two directories have the same token")
	}
}

func mustBePrivate(t *testing.T, name string) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil || info.Mode() != 0o600 {
		t.Fatalf("%s: %v, %v", name, info.Mode(), err)
	}
}

// TestReadToken shows which files have a token, and that errors do not repeat what is in them.
func TestReadToken(t *testing.T) {
	name, good := filepath.Join(t.TempDir(), "token"), strings.Repeat("k", minToken)
	for _, test := range []struct {
		text string
		ok   bool
	}{
		{good, true}, {" " + good + "\r\n", true},
		{"", false}, {good[1:], false}, {good + " " + good, false}, {good + "ä", false},
	} {
		if err := os.WriteFile(name, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		token, err := ReadToken(name)
		if ok := token == good && err == nil; ok != test.ok {
			t.Errorf("%q: %q, %v", test.text, token, err)
		}
		if err != nil && strings.Contains(err.Error(), "kkk") {
			t.Errorf("the error has the token: %v", err)
		}
	}
	if _, err := ReadToken(name + "2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// TestPlace shows that a place is read as it was written, that only its owner may read it, and that
// a process removes its own only.
func TestPlace(t *testing.T) {
	dir := t.TempDir()
	if _, err := Read(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing is written: %v", err)
	}
	p := Place{URL: "http://127.0.0.1:3002", TokenFile: "/data/admin.token", PID: 7}
	if err := Write(dir, p); err != nil {
		t.Fatal(err)
	}
	mustBePrivate(t, filepath.Join(dir, File))
	if err := Remove(dir, 8); err != nil {
		t.Error(err)
	}
	if got, err := Read(dir); got != p || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if err := Remove(dir, 7); err != nil {
		t.Error(err)
	}
	if err := Remove(dir, 7); err != nil {
		t.Errorf("twice: %v", err)
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("%v is left", files)
	}
}
