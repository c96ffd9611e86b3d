package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// TestSnapshotOfRunningServer shows that the commands print of a running server what they print of
// a stopped one, that they restore there, and that they name what is missing in the same words.
func TestSnapshotOfRunningServer(t *testing.T) {
	dir, out := archived(t), t.TempDir()
	lines := []string{
		"list", "list --json", "list --record a", "list --record a --json", "list --record nobody", "list --room notes/c --json",
		"show --record a", "show --record a --json", "show --record a --version 1", "show --record map --json", "show --room record:a",
	}
	var stopped []string
	for _, line := range lines {
		text, _ := command(t, dir, line)
		stopped = append(stopped, text)
	}
	p := start(t, nil, "serve", "--dev", "--listen", "127.0.0.1:0", "--data-dir", dir)
	p.listening()
	for i, line := range lines {
		if text, _ := command(t, dir, line); text != stopped[i] {
			t.Errorf("snapshot %s prints %s, and of the stopped server %s", line, text, stopped[i])
		}
	}
	for _, format := range []string{"yjs", "markdown", "text", "json", "snapshot"} {
		command(t, dir, "export --record a --version 1 --format "+format+" --output "+filepath.Join(out, format))
	}
	for args, says := range map[string]string{
		"show --record nobody":              `nothing is stored of record "nobody"`,
		"show --room notes/c":               `nothing is stored of room "notes/c"`,
		"show --record a --version 9":       `record "a" has no version 9`,
		"restore --record a --version 9":    `record "a" has no version 9`,
		"restore --room notes/c -version 1": "",
		"show --record bad":                 "what is stored cannot be read: not a snapshot; civic-realtime repair",
	} {
		start(t, nil, append(append([]string{"snapshot"}, strings.Fields(args)...), "--data-dir", dir)...).mustEnd(map[bool]int{true: 2, false: 1}[says == ""], says)
	}
	output, stderr := command(t, dir, "restore --record a --version 1 --partly --fragment x")
	wantLines(t, output, `record "a" says what version 1 says; what it said before is version 2`)
	if !strings.Contains(stderr, "--partly and --fragment are deprecated") {
		t.Errorf("it says %s", stderr)
	}
	if text, _ := command(t, dir, "show --record a"); text != firstText {
		t.Errorf("restored: %q", text)
	}
	wantLines(t, first(command(t, dir, "restore --record a --version 1 --json")), `{"room":"record:a","version":1,"kept":0}`)
	start(t, nil, "snapshot", "list", "--admin", "127.0.0.1:1", "--data-dir", dir).mustEnd(3, "no server answers")
	editAndDelete(t, dir)
}

// editAndDelete changes versions of a running server, and deletes a document and lifts that.
func editAndDelete(t *testing.T, dir string) {
	t.Helper()
	wantLines(t, first(command(t, dir, "create --record a --name review")), `record "a" is kept as version 3`)
	wantLines(t, first(command(t, dir, "rename --record a --version 1 --name first")), `version 1 of record "a" has that name`)
	wantLines(t, first(command(t, dir, "delete --record a --version 2")), `version 2 of record "a" is deleted`)
	wantLines(t, first(command(t, dir, "list --record a")), `VERSION .*`, `1 .* first .*`, `3 .* by hand +review .*`)
	start(t, nil, "snapshot", "delete", "--record", "a", "--version", "9", "--data-dir", dir).mustEnd(1, "no such version")
	start(t, nil, "delete", "a", "--data-dir", dir).mustEnd(1, "add --yes")
	start(t, nil, "delete", "a", "--yes", "--data-dir", dir).mustEnd(0, "")
	start(t, nil, "snapshot", "show", "--record", "a", "--data-dir", dir).mustEnd(1, "the document was deleted")
	start(t, nil, "delete", "a", "--yes", "--data-dir", dir).mustEnd(0, "")
	if text, _ := command(t, dir, "list"); !strings.Contains(text, "deleted") {
		t.Errorf("%s", text)
	}
	start(t, nil, "undelete", "a", "--data-dir", dir).mustEnd(0, "")
	start(t, nil, "undelete", "a", "--data-dir", dir).mustEnd(1, "the document is not deleted")
}

func first(text, _ string) string { return text }

// TestSnapshotOfOtherRooms shows that a document that is no record's is named by its room.
func TestSnapshotOfOtherRooms(t *testing.T) {
	dir := t.TempDir()
	st := must(bolt.Open(dir, bolt.Config{}))
	blob := must(snapshot.Append(nil, snapshot.Snapshot{Version: 1, State: []byte(readme)}, snapshot.Raw))
	if _, err := st.KeepVersion(t.Context(), "notes/c", persist.Version{Why: "why"}, blob); err != nil {
		t.Fatal(err)
	}
	saveState(t, st, "notes/c", []byte(settings), 1)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"--record a --room b", "--room record:a/b", ""} {
		start(t, nil, append(append([]string{"snapshot", "show"}, strings.Fields(args)...), "--data-dir", dir)...).mustEnd(2, "--room")
	}
	output, _ := command(t, dir, "restore --room notes/c --version 1")
	wantLines(t, output, `room "notes/c" says what version 1 says; what it said before is version 2`)
	if text, _ := command(t, dir, "show --room notes/c"); text != "Hello\n" {
		t.Errorf("%q", text)
	}
	if text, _ := command(t, dir, "show --room notes/c --version 2 --json"); text != "{\n  \"settings\": {\n    \"k\": \"v\"\n  }\n}\n" {
		t.Errorf("%q", text)
	}
}
