package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// printed runs the binary, which must end with code 0, and returns its stdout.
func printed(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(serverBinary, args...)
	cmd.Env, cmd.Dir = []string{"HOME=" + t.TempDir()}, t.TempDir()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v: %s%s", args, err, out, &stderr)
	}
	return out
}

// snapshot runs a snapshot command in the data directory of a server in development mode, and with
// its other flags, whether the server runs or not.
func (s *server) snapshot(args ...string) []byte {
	s.t.Helper()
	args = append(append([]string{"snapshot"}, args...), "--data-dir", s.dir)
	return printed(s.t, append(args, s.flags[1:]...)...)
}

// versions lists the versions of a record.
func (s *server) versions(record string) (list api.VersionList) {
	s.t.Helper()
	if err := json.Unmarshal(s.snapshot("list", "--record", record, "--json"), &list); err != nil {
		s.t.Fatal(err)
	}
	return list
}

// restoreVersion restores a version of a record, and returns the version with what was before.
func (s *server) restoreVersion(record string, version uint64) (kept uint64) {
	s.t.Helper()
	var r api.Restored
	out := s.snapshot("restore", "--record", record, "--version", fmt.Sprint(version), "--json")
	if err := json.Unmarshal(out, &r); err != nil {
		s.t.Fatal(err)
	}
	return r.Kept
}

// TestRestoreVersions shows that versions of a document with all kinds of content are listed,
// shown, exported and restored by the command while two people write, and that nothing is there
// twice. Then the same is done with the store of the stopped server; the output is the same, and
// the clients that come back agree with it.
func TestRestoreVersions(t *testing.T) {
	t.Parallel()
	const room = "by-law-8"
	trail := filepath.Join(t.TempDir(), "audit")
	// No snapshot is taken but by the command save.
	config := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(config, []byte("audit: {file: "+trail+"}\nsnapshots: {interval: 0, max_updates: 10000}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startWith(t, freeAddr(t), newDataDir(t), "--dev", "--config", config)
	writers := []*client{join(t, s, room, "ann", 3), join(t, s, room, "bob", 2)}
	seed := newSeed(t)
	editAll(writers, 100, seed)
	writers[0].writes("<first>")
	first := converge(t, writers...)
	mustHoldEverything(t, first)
	run(t, "save", room, "--data-dir", s.dir)
	editAll(writers, 50, seed+2)
	writers[1].writes("<second>")
	second := converge(t, writers...)
	run(t, "save", room, "--data-dir", s.dir)
	if v := s.versions(room).Versions; len(v) != 1 || v[0].ID != 1 {
		t.Fatalf("versions: %+v", v)
	}
	shown := s.snapshot("show", "--record", room, "--version", "1", "--json")
	if !bytes.Contains(shown, []byte("first")) || bytes.Contains(shown, []byte("second")) {
		t.Errorf("version 1 is %s", shown)
	}
	exported := filepath.Join(t.TempDir(), "version")
	s.snapshot("export", "--record", room, "--version", "1", "--format", "yjs", "--output", exported)
	if update, err := os.ReadFile(exported); err != nil {
		t.Error(err)
	} else if _, err := yjs.CheckUpdate(update); err != nil {
		t.Error(err)
	}

	s.mustRestoreWhileTheyWrite(room, writers, seed+4)
	writers[0].writes("<third>")
	converge(t, writers...)
	if kept := s.restoreVersion(room, 1); kept == 0 {
		t.Error("nothing was changed")
	}
	mustHaveContent(t, "version 1", converge(t, append(writers, join(t, s, room, "newcomer", 3))...), first)
	if kept := s.restoreVersion(room, 1); kept != 0 {
		t.Errorf("again: version %d is kept", kept)
	}

	running := s.versions(room)
	if code := s.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	stopped := s.versions(room)
	if len(stopped.Versions) < len(running.Versions) {
		t.Errorf("running: %+v, stopped: %+v", running, stopped)
	}
	if again := s.snapshot("show", "--record", room, "--version", "1", "--json"); !bytes.Equal(again, shown) {
		t.Errorf("version 1 is %s, and was %s", again, shown)
	}
	if kept := s.restoreVersion(room, running.Versions[1].ID); kept == 0 {
		t.Error("nothing was changed")
	}
	s = s.restart()
	for _, c := range writers {
		c.wait(args{"synced": true, "connects": 2})
	}
	mustHaveContent(t, "version 2", converge(t, writers...), second)
	editAll(writers, 50, seed+6)
	converge(t, append(writers, join(t, s, room, "latecomer", 3))...)
	for _, c := range writers {
		c.mustBeSound()
	}
	mustAuditRestorations(t, trail, room)
}

// mustRestoreWhileTheyWrite restores version 1 again and again while clients edit. What was there
// before the first edit is kept as version 2.
func (s *server) mustRestoreWhileTheyWrite(room string, writers []*client, seed int) {
	s.t.Helper()
	if kept := s.restoreVersion(room, 1); kept != 2 {
		s.t.Errorf("version %d is kept", kept)
	}
	var edits []processes.Call
	for i, c := range writers {
		edits = append(edits, c.begin("edit", args{"seed": seed + i, "count": 2000}))
	}
	changed := 0
	for range 3 {
		if s.restoreVersion(room, 1) != 0 {
			changed++
		}
	}
	if changed == 0 {
		s.t.Error("nothing was restored while they wrote")
	}
	for _, edit := range edits {
		edit.End(nil)
	}
	if text := converge(s.t, writers...).Text; strings.Count(text, "<second>") > 0 {
		s.t.Errorf("the text is %s", text)
	}
}

// mustHaveContent checks that a document shows the same as another one.
func mustHaveContent(t *testing.T, what string, got, want report) {
	t.Helper()
	if !bytes.Equal(got.Content, want.Content) {
		t.Errorf("%s is\n%.3000s\nand was\n%.3000s", what, got.Content, want.Content)
	}
}

// mustAuditRestorations checks that the audit trail has restorations by the running server and by
// the command on the stopped one, and nothing of the text.
func mustAuditRestorations(t *testing.T, trail, room string) {
	t.Helper()
	text, err := os.ReadFile(trail)
	if err != nil {
		t.Fatal(err)
	}
	var lines, offline int
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, `"kind":"restore"`) && strings.Contains(line, "record:"+room) {
			lines++
			offline += strings.Count(line, "command:snapshot restore by ")
		}
	}
	if lines < 4 || offline != 1 || bytes.Contains(text, []byte("first>")) {
		t.Errorf("%d restorations, %d of them by the command alone:\n%s", lines, offline, text)
	}
}
