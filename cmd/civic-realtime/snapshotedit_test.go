package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// TestSnapshotEdit shows that versions in the store of a stopped server are made by name, renamed
// and deleted, and which errors there are.
func TestSnapshotEdit(t *testing.T) {
	dir := archived(t)
	output, _ := command(t, dir, "create --record a --name review")
	wantLines(t, output, `record "a" is kept as version 2`)
	output, _ = command(t, dir, "list --record a")
	wantLines(t, output, `VERSION .* NAME +BY`, `1 .* snapshot .*`, `2 .* by hand +review .*`)
	output, _ = command(t, dir, "rename --record a --version 1 --name first")
	wantLines(t, output, `version 1 of record "a" has that name`)
	output, _ = command(t, dir, "delete --record a --version 2")
	wantLines(t, output, `version 2 of record "a" is deleted`)
	output, _ = command(t, dir, "list --record a")
	wantLines(t, output, `VERSION .*`, `1 .* snapshot +first .*`)
	if text, _ := command(t, dir, "show --record a --version 1"); text != firstText {
		t.Errorf("%q", text)
	}
}

// TestSnapshotEditAudit shows that what is done to versions of a stopped server, or fails, has a
// line in the audit trail.
func TestSnapshotEditAudit(t *testing.T) {
	dir := archived(t)
	a := trail{t, filepath.Join(t.TempDir(), "audit.log")}
	config := write(t, "c.yml", "realtime:\n  audit: {file: '"+a.file+"'}\n  data_dir: '"+dir+"'\n")
	for _, test := range []struct {
		line string
		code int
	}{
		{"create --record a --name MARKED", 0},
		{"rename --record a --version 2 --name MARKED", 0},
		{"delete --record a --version 2", 0},
		{"delete --record a --version 2", 1},
	} {
		args := append([]string{"snapshot"}, strings.Fields(test.line)...)
		start(t, nil, append(args, "--config", config)...).mustEnd(test.code, "")
	}
	want := []string{
		"version command:snapshot create record:a true", "version command:snapshot rename record:a true",
		"version command:snapshot delete record:a true", "version command:snapshot delete record:a false",
	}
	if got := a.lines(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if text := string(must(os.ReadFile(a.file))); strings.Contains(text, "MARKED") || strings.Count(text, `"version":"2"`) != 4 {
		t.Error(text)
	}
}

// withTombstone is archived with a document of which only the tombstone is left.
func withTombstone(t *testing.T) (dir string) {
	t.Helper()
	dir = archived(t)
	st := must(bolt.Open(dir, bolt.Config{Existing: true}))
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	blob := must(snapshot.Append(nil, snapshot.Snapshot{
		Version: 7, State: []byte{0, 0}, Incarnation: 1 << 60,
		Deleted: snapshot.Deletion{At: at.UnixMilli(), By: "ann"},
	}, snapshot.Raw))
	if err := errors.Join(st.SaveSnapshot(t.Context(), "notes", blob, 0), st.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestSnapshotOfDeleted shows that commands list a document that was deleted as that, and neither
// show it nor make a version of it.
func TestSnapshotOfDeleted(t *testing.T) {
	dir := withTombstone(t)
	output, _ := command(t, dir, "list")
	if !regexp.MustCompile(`(?m)^notes +\S+ +deleted +0 +0 `).MatchString(output) {
		t.Error(output)
	}
	output, _ = command(t, dir, "list --json")
	if !regexp.MustCompile(`"name":"notes"[^}]*"deleted_at":"2026-02-03T04:05:06Z"`).MatchString(output) {
		t.Error(output)
	}
	for _, line := range []string{"show", "create", "restore --version 1"} {
		args := append([]string{"snapshot"}, strings.Fields(line)...)
		start(t, nil, append(args, "--room", "notes", "--data-dir", dir)...).mustEnd(1, "")
	}
	start(t, nil, "snapshot", "show", "--room", "notes", "--data-dir", dir).mustEnd(1, "was deleted at 2026-02-03T04:05:06Z by")
	output, _ = command(t, dir, "list --room notes")
	wantLines(t, output, `VERSION .*`)
}
