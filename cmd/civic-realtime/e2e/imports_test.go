package e2e

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// importReport is what `import --json` prints.
type importReport struct {
	From                                                               string
	Imported, Merged, Replaced, Present, Empty, Skipped, Failed, Bytes int
	Problems                                                           []struct{ Name, Room, Reason string }
}

// failed returns the names of the documents that were not imported.
func (r importReport) failed() (names []string) {
	for _, p := range r.Problems {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

// importScript returns the command that runs a script in imports, by the Node 22 that npm installs
// there: it has SQLite, and Hocuspocus 4 is made for it. Where npm has none it is the installed
// one. The script is killed when it takes too long, and at the end of the test.
func importScript(t *testing.T, script string, args ...string) *exec.Cmd {
	t.Helper()
	if err := nodeworker.Check("imports", "yjs"); err != nil {
		t.Fatal(err)
	}
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	node := filepath.Join("imports/node_modules", "node-"+runtime.GOOS+"-"+cmp.Or(arch, runtime.GOARCH), "bin/node")
	if _, err := os.Stat(node); err != nil {
		node = "node"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, node, append([]string{filepath.Join("imports", script)}, args...)...)
}

// makeStore runs a script in imports, which makes a store in a folder or file of another server,
// and kills itself or ends.
func makeStore(t *testing.T, script, path string, args ...string) (expected string) {
	t.Helper()
	expected = filepath.Join(t.TempDir(), "expected.json")
	out, err := importScript(t, script, append([]string{path, expected}, args...)...).CombinedOutput()
	if _, missing := os.Stat(expected); missing != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return expected
}

// importing runs the command import, and returns its report, exit code and errors.
func importing(t *testing.T, dir, path string, flags ...string) (r importReport, code int, errors string) {
	t.Helper()
	cmd := exec.Command(serverBinary, slices.Concat([]string{"import", path, "--data-dir", dir, "--json"}, flags)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	cmd.Dir = t.TempDir()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, _ := cmd.Output()
	if len(out) > 0 {
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return r, cmd.ProcessState.ExitCode(), stderr.String()
}

// expectedNames returns the names of the documents that a script has made.
func expectedNames(t *testing.T, expected string) (names []string) {
	t.Helper()
	b, err := os.ReadFile(expected)
	if err != nil {
		t.Fatal(err)
	}
	var all []struct{ Name string }
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return names
}

// mustEqual starts a server on a data directory, and compares each document that was imported with
// the expected one: a real client opens it. encode gives the path of a document's room.
func mustEqual(t *testing.T, dir, expected string, r importReport, encode func(name string) string) {
	t.Helper()
	s := startAt(t, freeAddr(t), dir)
	rooms := make(map[string]string)
	for _, name := range expectedNames(t, expected) {
		if !slices.Contains(r.failed(), name) {
			rooms[name] = encode(name)
		}
	}
	if len(rooms) != r.Imported+r.Present+r.Merged+r.Replaced {
		t.Errorf("%d documents are expected, and imported are %+v", len(rooms), r)
	}
	stdin, err := json.Marshal(rooms)
	if err != nil {
		t.Fatal(err)
	}
	cmd := importScript(t, "compare.mjs", s.url(), expected)
	cmd.Stdin = bytes.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "compared ") {
		t.Errorf("%v: %s", err, out)
	}
	if code := s.terminate(); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
}

// asPath is the path of a document that y-websocket-server has named by its path.
func asPath(name string) string { return name }

// digest returns a digest of the names, contents and times of all files below a path.
func digest(t *testing.T, path string) string {
	t.Helper()
	h := sha256.New()
	if err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		h.Write([]byte(name + info.ModTime().String()))
		if !entry.IsDir() {
			b, err := os.ReadFile(name)
			h.Write(b)
			return err
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return string(h.Sum(nil))
}

// mustFailFor checks the documents that were not imported.
func mustFailFor(t *testing.T, r importReport, names ...string) {
	t.Helper()
	if !slices.Equal(r.failed(), names) || r.Failed != len(names) {
		t.Errorf("not imported: %+v, want %q", r.Problems, names)
	}
}

// TestImportYWebsocket shows that the store of a real y-websocket-server, whose process was killed
// twice, is imported: a real client of this server has the same documents as clients of that one,
// by Yjs. Names that are no record's are listed. The same command again finds everything there, and
// the store is not changed.
func TestImportYWebsocket(t *testing.T) {
	t.Parallel()
	store, dir := filepath.Join(t.TempDir(), "store"), newDataDir(t)
	makeStore(t, "ywebsocket.mjs", store, "10")
	expected := makeStore(t, "ywebsocket.mjs", store, "100")
	before := digest(t, store)
	r, code, errors := importing(t, dir, store)
	if code != 1 || r.From != "y-websocket" || r.Imported < 100 {
		t.Errorf("code %d, %+v, %s", code, r, errors)
	}
	mustFailFor(t, r, "", "team/notes")
	mustEqual(t, dir, expected, r, asPath)
	if again, code, _ := importing(t, dir, store); code != 1 || again.Present != r.Imported || again.Imported != 0 {
		t.Errorf("again: code %d, %+v", code, again)
	}
	if digest(t, store) != before {
		t.Error("the store is changed")
	}
}

// TestImportLevelDB shows that a store of y-leveldb's newest version is imported that has tables of
// several levels, with documents that were flushed or deleted.
func TestImportLevelDB(t *testing.T) {
	t.Parallel()
	store, dir := filepath.Join(t.TempDir(), "store"), newDataDir(t)
	expected := makeStore(t, "leveldb.mjs", store, "120")
	before := digest(t, store)
	r, code, errors := importing(t, dir, store, "--from", "y-websocket")
	if code != 0 || r.Imported < 120 {
		t.Errorf("code %d, %+v, %s", code, r, errors)
	}
	mustEqual(t, dir, expected, r, asPath)
	if digest(t, store) != before {
		t.Error("the store is changed")
	}
}

// TestImportHocuspocus shows the same for the database of a real Hocuspocus, with a rollback
// journal and with a write-ahead log, which has all documents when the process is killed.
func TestImportHocuspocus(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"delete", "wal"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			folder, dir := t.TempDir(), newDataDir(t)
			store := filepath.Join(folder, "hocuspocus.sqlite")
			expected := makeStore(t, "hocuspocus.mjs", store, "60", mode)
			before := digest(t, folder)
			r, code, errors := importing(t, dir, store)
			if code != 1 || r.From != "hocuspocus" || r.Imported < 60 {
				t.Errorf("code %d, %+v, %s", code, r, errors)
			}
			mustFailFor(t, r, "team/notes")
			mustEqual(t, dir, expected, r, url.PathEscape)
			if digest(t, folder) != before {
				t.Error("the store is changed")
			}
		})
	}
}

// TestImportFiles shows the same for files of y-sweet, and for folders with a file for each
// document.
func TestImportFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		script, from string
		more         []string
		code         int
		failed       []string
	}{
		{"ysweet.mjs", "auto", nil, 0, nil},
		{"files.mjs", "hocuspocus", nil, 1, []string{"team/notes"}},
		{"files.mjs", "hocuspocus", []string{"encoded"}, 1, []string{"team/notes"}},
	} {
		t.Run(test.script+strings.Join(test.more, ""), func(t *testing.T) {
			t.Parallel()
			store, dir := filepath.Join(t.TempDir(), "store"), newDataDir(t)
			expected := makeStore(t, test.script, store, append([]string{"30"}, test.more...)...)
			before := digest(t, store)
			r, code, errors := importing(t, dir, store, "--from", test.from)
			if code != test.code {
				t.Errorf("code %d, %+v, %s", code, r, errors)
			}
			mustFailFor(t, r, test.failed...)
			mustEqual(t, dir, expected, r, url.PathEscape)
			if digest(t, store) != before {
				t.Error("the store is changed")
			}
		})
	}
}

// TestImportDeleted shows that a document that was deleted does not come back by an import,
// whatever flag it has, and is listed each time; and that it does once an administrator has lifted
// that.
func TestImportDeleted(t *testing.T) {
	t.Parallel()
	store, dir := filepath.Join(t.TempDir(), "store"), newDataDir(t)
	expected := makeStore(t, "ysweet.mjs", store, "1")
	all, code, errors := importing(t, dir, store)
	if code != 0 {
		t.Fatalf("code %d, %+v, %s", code, all, errors)
	}
	running(t, dir, "delete", "many-0", "--yes")
	for _, flags := range [][]string{nil, {"--merge"}, {"--overwrite"}, {"--skip"}, {"--partly"}} {
		r, code, errors := importing(t, dir, store, flags...)
		if code != 1 || r.Present != all.Imported-1 || !strings.Contains(errors, "1 documents are not imported") {
			t.Errorf("%s: code %d, %+v, %s", flags, code, r, errors)
		}
		mustFailFor(t, r, "many-0")
		for _, p := range r.Problems {
			if !strings.Contains(p.Reason, `record "many-0" was deleted at`) {
				t.Errorf("%s: %+v", flags, p)
			}
		}
	}
	running(t, dir, "undelete", "many-0") // fails if it is not deleted
	r, code, errors := importing(t, dir, store)
	if code != 0 || r.Imported != 1 || r.Present != all.Imported-1 {
		t.Errorf("code %d, %+v, %s", code, r, errors)
	}
	mustEqual(t, dir, expected, r, url.PathEscape)
}

// running runs a command while a server runs in a data directory.
func running(t *testing.T, dir string, args ...string) {
	t.Helper()
	s := startAt(t, freeAddr(t), dir)
	if out, err := exec.Command(serverBinary, append(args, "--data-dir", dir)...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", args, err, out)
	}
	if code := s.terminate(); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
}

// TestImportInterrupted shows that an import whose process was killed is completed by the same
// command.
func TestImportInterrupted(t *testing.T) {
	t.Parallel()
	store, dir := filepath.Join(t.TempDir(), "store"), newDataDir(t)
	expected := makeStore(t, "ysweet.mjs", store, "400")
	cmd := exec.Command(serverBinary, "import", store, "--data-dir", dir)
	cmd.Dir = t.TempDir()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	awaitWrites(t, filepath.Join(dir, "rooms.db"), 30)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if !cmd.ProcessState.Exited() {
		r, code, errors := importing(t, dir, store)
		if code != 0 || r.Present == 0 || r.Imported == 0 {
			t.Errorf("code %d, %+v, %s", code, r, errors)
		}
		mustEqual(t, dir, expected, r, url.PathEscape)
		return
	}
	t.Error("the import was complete before it could be killed")
}

// awaitWrites waits until a file was written so many times.
func awaitWrites(t *testing.T, name string, times int) {
	t.Helper()
	var last time.Time
	for deadline := time.Now().Add(patience); times > 0; time.Sleep(time.Millisecond) {
		if info, err := os.Stat(name); err == nil && !info.ModTime().Equal(last) {
			last = info.ModTime()
			times--
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not written", name)
		}
	}
}

// TestImportInUse shows that stores that another server has open are refused, and a data directory
// in which a server runs. Nothing is made then.
func TestImportInUse(t *testing.T) {
	t.Parallel()
	folder, dir := t.TempDir(), newDataDir(t)
	levelDB, database := filepath.Join(folder, "store"), filepath.Join(folder, "hocuspocus.sqlite")
	makeStore(t, "leveldb.mjs", levelDB, "3")
	for _, store := range [][2]string{{"y-leveldb", levelDB}, {"sqlite", database}} {
		holdStore(t, store[0], store[1])
		r, code, errors := importing(t, dir, store[1])
		if code != 1 || r.Imported > 0 || !strings.Contains(errors, "the store is in use: stop the server") {
			t.Errorf("%s: code %d, %+v, %s", store[0], code, r, errors)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the data directory is made")
	}
	s := start(t)
	files := filepath.Join(folder, "files")
	makeStore(t, "files.mjs", files, "1")
	if r, code, errors := importing(t, s.dir, files, "--from", "hocuspocus"); code != 1 || r.Imported > 0 || !strings.Contains(errors, "stop the server first") {
		t.Errorf("code %d, %+v, %s", code, r, errors)
	}
}

// holdStore has another process hold a store open until the end of the test.
func holdStore(t *testing.T, kind, path string) {
	t.Helper()
	out := processes.Watch("(open)")
	cmd := importScript(t, "hold.mjs", kind, path)
	cmd.Stdout, cmd.Stderr = out, out
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	select {
	case <-out.Seen:
	case <-time.After(patience):
		t.Fatalf("the store is not opened: %s", out)
	}
}
