package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/migrate"
)

// typedBy is the update of a client that has typed a letter into an empty document.
func typedBy(client, letter byte) string {
	return "\x01\x01" + string([]byte{client}) + "\x00\x04\x01\x04text\x01" + string([]byte{letter}) + "\x00"
}

// filesOf makes a folder with these files.
func filesOf(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestImport shows that documents are imported into a new data directory, that those without a room
// are printed and make the exit code 1, that --dry-run stores nothing, and what --json prints.
func TestImport(t *testing.T) {
	from := filesOf(t, map[string]string{"a.bin": typedBy(1, 'x'), "b.bin": typedBy(2, 'y'), "team/c.bin": typedBy(3, 'z')})
	dir := filepath.Join(t.TempDir(), "new", "data")
	line := []string{"import", from, "--from", "hocuspocus", "--data-dir", dir}
	for _, test := range []struct {
		flag, want string
	}{{"--dry-run", "would import 2 documents"}, {"--partly", "imported 2 documents"}} {
		p := start(t, nil, append(line, test.flag)...)
		stdout, code := p.end()
		if code != 1 || !strings.Contains(stdout, test.want) || !strings.Contains(stdout, `"team/c" is not imported`) ||
			!strings.Contains(p.stderr.String(), "1 documents are not imported") {
			t.Errorf("%s: exit code %d: %s%s", test.flag, code, stdout, &p.stderr)
		}
		if _, err := os.Stat(dir); (err == nil) != (test.flag != "--dry-run") {
			t.Errorf("%s: %v", test.flag, err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	var r migrate.Report
	stdout, code := start(t, nil, append(line, "--json")...).end()
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 1 || r.Present != 2 || r.Failed != 1 || r.Path != from ||
		r.Problems[0].Room != "" || r.Problems[0].Name != "team/c" {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	if stdout, code := start(t, nil, append(line, "--rooms", "team/*=record:team-*", "--json")...).end(); code != 1 ||
		!strings.Contains(stdout, `"imported":1`) {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	hocuspocus := filepath.Join(t.TempDir(), "realtime.yml")
	if err := os.WriteFile(hocuspocus, []byte("hocuspocus:\n  rooms: [\"team/*=record:of-team-*\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if stdout, code := start(t, nil, append(line, "--config", hocuspocus, "--json")...).end(); code != 1 || !strings.Contains(stdout, `"imported":1`) {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	if out, stderr := command(t, dir, "list"); stderr != "" || !strings.Contains(out, "\na ") || !strings.Contains(out, "\nteam-c ") ||
		!strings.Contains(out, "\nof-team-c ") {
		t.Errorf("%s%s", out, stderr)
	}
}

// TestImportOverRooms shows the flags for rooms that have other content: the exit codes, and the
// version that is kept.
func TestImportOverRooms(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, second := filesOf(t, map[string]string{"a": typedBy(1, 'x')}), filesOf(t, map[string]string{"a": typedBy(2, 'y')})
	start(t, nil, "import", first, "--from", "hocuspocus", "--data-dir", dir).mustEnd(0, "")
	for _, test := range []struct {
		flags, want string
		code        int
	}{
		{"", "its room has other content", 1},
		{"--skip", "imported 0 documents (0 bytes) into " + dir + ", 1 skipped", 0},
		{"--overwrite", "1 in the place of others", 0},
		{"--overwrite", "1 were there already", 0},
	} {
		args := append([]string{"import", second, "--from", "hocuspocus", "--data-dir", dir}, strings.Fields(test.flags)...)
		if stdout, code := start(t, nil, args...).end(); code != test.code || !strings.Contains(stdout, test.want) {
			t.Errorf("%s: exit code %d: %s", test.flags, code, stdout)
		}
	}
	p := start(t, nil, "import", first, "--from", "hocuspocus", "--data-dir", dir, "--merge")
	if stdout, code := p.end(); code != 0 || !strings.Contains(stdout, "1 merged into rooms that were there") {
		t.Errorf("exit code %d: %s%s", code, stdout, &p.stderr)
	}
	if out, stderr := command(t, dir, "list --record a"); stderr != "" || strings.Count(out, migrate.BeforeImport) != 2 {
		t.Errorf("%s%s", out, stderr)
	}
}

// TestImportRefusals shows the errors of import, and that they make no data directory.
func TestImportRefusals(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	from := filesOf(t, map[string]string{"a.bin": typedBy(1, 'x')})
	redis := filepath.Join(t.TempDir(), "redis.yml")
	if err := os.WriteFile(redis, []byte("redis:\n  enabled: true\n  url: redis://127.0.0.1:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"", 2, "path"},
		{from + "/none", 1, "no such file"},
		{from, 1, "--from says which server it is of"},
		{from + " --from y-websocket", 1, "no LevelDB"},
		{from + " --from y-sweet", 1, "no folder in"},
		{from + " --from other", 2, "--from"},
		{from + "/a.bin --from hocuspocus", 1, "no SQLite database"},
		{from + " --from hocuspocus --rooms all", 2, "name=room"},
		{from + " --from hocuspocus --skip --merge", 2, "--merge and --skip can't be used together"},
		{from + " --from hocuspocus --config " + redis, 1, "start a node there"},
	} {
		start(t, nil, append([]string{"import", "--data-dir", dir}, strings.Fields(test.args)...)...).mustEnd(test.code, test.want)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the data directory is made")
	}
}
