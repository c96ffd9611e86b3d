package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/bolt"
)

// TestBackupAndRestore shows that a store is backed up to a file that only its owner may read, that
// the file is checked, and that a new directory has the same records after a restoration.
func TestBackupAndRestore(t *testing.T) {
	dir, out := archived(t), t.TempDir()
	file := filepath.Join(out, "backup")
	p := start(t, nil, "backup", "--output", file, "--data-dir", dir)
	if stdout, code := p.end(); code != 0 || stdout != "" || !strings.Contains(p.stderr.String(), file+": 3 records, ") {
		t.Fatalf("exit code %d: %s%s", code, stdout, &p.stderr)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	mustBeOnly(t, out, "backup")
	p = start(t, nil, "backup", "--check", file)
	if stdout, code := p.end(); code != 0 || !strings.Contains(stdout, "3 records") || !strings.Contains(stdout, "as of ") {
		t.Errorf("exit code %d: %s%s", code, stdout, &p.stderr)
	}
	restored := filepath.Join(t.TempDir(), "new", "data")
	p = start(t, nil, "restore", file, "--data-dir", restored)
	if stdout, code := p.end(); code != 0 || !strings.Contains(stdout, "restored 3 records to "+restored) {
		t.Fatalf("exit code %d: %s%s", code, stdout, &p.stderr)
	}
	for _, line := range []string{"list", "list --record a", "show --record a", "show --record a --version 1"} {
		before, _ := command(t, dir, line)
		if after, _ := command(t, restored, line); after != before {
			t.Errorf("%s prints %s, want %s", line, after, before)
		}
	}
	if info, err := os.Stat(restored); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestBackupOfDeleted shows that a tombstone, and versions with names and users, are in a backup,
// in what is restored of it, and in what is repaired: the document stays deleted.
func TestBackupOfDeleted(t *testing.T) {
	dir := withTombstone(t)
	command(t, dir, "create --record a --name review")
	file := filepath.Join(t.TempDir(), "backup")
	start(t, nil, "backup", "--output", file, "--data-dir", dir).mustEnd(0, file+": 4 records, ")
	start(t, nil, "backup", "--check", file).mustEnd(0, "")
	restored := filepath.Join(t.TempDir(), "data")
	start(t, nil, "restore", file, "--data-dir", restored).mustEnd(0, "")
	mustHaveTombstone(t, restored)
	st := must(bolt.Open(restored, bolt.Config{Existing: true}))
	if err := errors.Join(st.Quarantine(t.Context(), "record:bad"), st.Close()); err != nil {
		t.Fatal(err)
	}
	stdout, _, code := runCheck(t, restored)
	wantOutput(t, stdout, code, 0, "1 documents that were deleted", "1 quarantined")
	start(t, nil, "repair", "--data-dir", restored).mustEnd(0, "")
	mustHaveTombstone(t, restored)
}

// mustHaveTombstone checks that a store has the tombstone of withTombstone, and a named version.
func mustHaveTombstone(t *testing.T, dir string) {
	t.Helper()
	output, _ := command(t, dir, "list")
	if !regexp.MustCompile(`(?m)^notes +\S+ +deleted +0 +0 `).MatchString(output) {
		t.Error(output)
	}
	start(t, nil, "snapshot", "show", "--room", "notes", "--data-dir", dir).mustEnd(1, "was deleted at 2026-02-03T04:05:06Z by")
	output, _ = command(t, dir, "list --record a")
	wantLines(t, output, `VERSION .*`, `1 .* snapshot .*`, `2 .* by hand +review .*`)
}

func mustBeOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		if i >= len(names) || file.Name() != names[i] {
			t.Errorf("%s is in the directory", file.Name())
		}
	}
	if len(files) != len(names) {
		t.Errorf("%d files, want %q", len(files), names)
	}
}

// TestBackupToStdout shows that a backup may be passed on to another program.
func TestBackupToStdout(t *testing.T) {
	p := start(t, nil, "backup", "--output", "-", "--data-dir", archived(t))
	stdout, code := p.end()
	file := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(file, []byte(stdout), 0o600); err != nil || code != 0 {
		t.Fatal(err, code)
	}
	start(t, nil, "backup", "--check", file).mustEnd(0, "")
}

// TestBackupRefusals shows the errors of backup and restore, and that they leave nothing behind and
// change nothing.
func TestBackupRefusals(t *testing.T) {
	dir, out := archived(t), t.TempDir()
	file, other := filepath.Join(out, "backup"), filepath.Join(out, "other")
	start(t, nil, "backup", "--output", file, "--data-dir", dir).mustEnd(0, "")
	whole := must(os.ReadFile(file))
	if err := os.WriteFile(other, whole[:len(whole)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"backup --data-dir " + dir, 2, "--output"},
		{"backup --output x --check y --data-dir " + dir, 2, "--output"},
		{"backup --output " + file + " --data-dir " + dir, 1, "exists"},
		{"backup --output " + out + "/new --data-dir " + empty, 1, "nothing is stored"},
		{"backup --output " + out + "/none/new --data-dir " + dir, 1, "no such file"},
		{"backup --check " + other, 1, "cut off"},
		{"backup --check " + dir + "/rooms.db", 1, "is not a backup"},
		{"backup --check " + out + "/none", 1, "no such file"},
		{"restore " + other + " --data-dir " + empty, 1, "cut off"},
		{"restore " + other + " --force --data-dir " + dir, 1, "cut off"},
		{"restore " + file + " --data-dir " + dir, 1, "--force"},
	} {
		start(t, nil, strings.Fields(test.args)...).mustEnd(test.code, test.want)
	}
	mustBeOnly(t, out, "backup", "other")
	mustBeOnly(t, empty)
	if text, _ := command(t, dir, "show --record a"); text != thirdText {
		t.Errorf("%q", text)
	}
}

// TestRestoreOverData shows that --force moves the data that is there to a folder, from which it
// can be taken back.
func TestRestoreOverData(t *testing.T) {
	dir := archived(t)
	file := filepath.Join(t.TempDir(), "backup")
	start(t, nil, "backup", "--output", file, "--data-dir", dir).mustEnd(0, "")
	command(t, dir, "restore --record a --version 1")
	p := start(t, nil, "restore", file, "--force", "--data-dir", dir)
	stdout, code := p.end()
	_, aside, found := strings.Cut(strings.Split(stdout, "\n")[0], "is in ")
	if code != 0 || !found {
		t.Fatalf("exit code %d: %s%s", code, stdout, &p.stderr)
	}
	if text, _ := command(t, dir, "show --record a"); text != thirdText {
		t.Errorf("restored: %q", text)
	}
	if text, _ := command(t, aside, "show --record a"); text != firstText {
		t.Errorf("in the folder: %q", text)
	}
}

// TestNewFile shows that a file gets its name when it is whole, and that an error leaves nothing.
func TestNewFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	full := errors.New("no space left")
	if err := newFile(name, func(f *os.File) error { _, _ = f.WriteString("half"); return full }); !errors.Is(err, full) {
		t.Error(err)
	}
	mustBeOnly(t, dir)
	if err := newFile(name, func(*os.File) error { // another program makes the file meanwhile
		return os.WriteFile(name, []byte("another's"), 0o600)
	}); !errors.Is(err, os.ErrExist) {
		t.Error(err)
	}
	mustBeOnly(t, dir, "file")
	if b, err := os.ReadFile(name); err != nil || string(b) != "another's" {
		t.Errorf("%q, %v", b, err)
	}
}
