package build

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// versionFile is a source file with a version.
const versionFile = "package app\n\nimport \"runtime\"\n\nvar x = runtime.GOOS\n\n// Version is one.\nconst Version = \"1.2.3\"\n"

// tree is a source tree in a folder.
type tree struct {
	t   *testing.T
	dir string
}

// newTree writes a tree with a version.
func newTree(t *testing.T) tree {
	t.Helper()
	t.Setenv(epochVariable, "")
	w := tree{t, t.TempDir()}
	w.write("cmd/civic-realtime/app/build.go", versionFile)
	return w
}

func (w tree) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// git runs a command of git in the tree, with nobody's configuration.
func (w tree) git(args ...string) {
	w.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", w.dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=ann", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_COMMITTER_NAME=ann", "GIT_COMMITTER_EMAIL=ann@example.org",
		"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("git %q: %v: %s", args, err, out)
	}
}

func (w tree) commit() {
	w.t.Helper()
	w.git("init", "-q", "-b", "main")
	w.git("add", "-A")
	w.git("commit", "-q", "-m", "one")
}

// read reads the tree, which must succeed.
func (w tree) read() Source {
	w.t.Helper()
	s, err := ReadSource(w.t.Context(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w tree) mustFail(says ...string) {
	w.t.Helper()
	_, err := ReadSource(w.t.Context(), w.dir)
	for _, want := range says {
		if err == nil || !strings.Contains(err.Error(), want) {
			w.t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestSourceOfRepository shows that version, commit and time are read, and that changes and new
// files are marked, but no files that git ignores.
func TestSourceOfRepository(t *testing.T) {
	w := newTree(t)
	w.write(".gitignore", "/bin/\n")
	w.commit()
	w.write("bin/x", "")
	s := w.read()
	if s.Version != "1.2.3" || len(s.Commit) != 40 || s.Modified || s.Name() != s.Commit || !s.Time.Equal(time.Unix(1_700_000_000, 0)) {
		t.Errorf("%+v", s)
	}
	w.write("new.go", "package x\n")
	if s := w.read(); !s.Modified || s.Name() != s.Commit+"+" {
		t.Errorf("with a new file: %+v", s)
	}
	t.Setenv(epochVariable, "1600000000")
	if s := w.read(); s.Commit == "" || s.Time.Unix() != 1_600_000_000 {
		t.Errorf("with %s: %+v", epochVariable, s)
	}
	t.Setenv(epochVariable, "yesterday")
	w.mustFail(epochVariable, `"yesterday" is no number`)
}

// TestSourceWithoutRepository shows that an unpacked tarball needs a time, and that its binaries
// name no commit then.
func TestSourceWithoutRepository(t *testing.T) {
	w := newTree(t)
	w.mustFail(w.dir+" is in no git repository", "clone the repository, or set "+epochVariable)
	t.Setenv(epochVariable, "1600000000")
	if s := w.read(); s.Commit != "" || s.Modified || s.Name() != "no commit" || s.Version != "1.2.3" {
		t.Errorf("%+v", s)
	}
}

// TestBrokenRepository shows that git's own reason is passed on, such as that there is no commit.
func TestBrokenRepository(t *testing.T) {
	w := newTree(t)
	w.git("init", "-q", "-b", "main")
	w.mustFail("git log: fatal:")
}

// TestTags shows that a commit with the tag of another version is refused.
func TestTags(t *testing.T) {
	w := newTree(t)
	w.commit()
	w.git("tag", "before")
	w.read()
	w.git("tag", "v1.2.2")
	w.mustFail("the commit is tagged v1.2.2, and Version in cmd/civic-realtime/app/build.go is 1.2.3")
	w.git("tag", "v1.2.3")
	w.read()
}

// TestVersion shows that a tree without a version is refused.
func TestVersion(t *testing.T) {
	w := newTree(t)
	w.write("cmd/civic-realtime/app/build.go", "package app\n\nvar Version = \"1\"\n\nconst Other = \"2\"\n")
	w.mustFail("has no constant Version")
	w.write("cmd/civic-realtime/app/build.go", "package app\n\nconst Version = \n")
	w.mustFail("build.go:3")
}

// TestTargets shows that each target is found by its name, and no others.
func TestTargets(t *testing.T) {
	for _, want := range Targets {
		if got, err := ParseTarget(want.String()); err != nil || got != want {
			t.Errorf("%s: %v, %v", want, got, err)
		}
	}
	if _, err := ParseTarget("windows/amd64"); err == nil || !strings.Contains(err.Error(), "linux/386") {
		t.Error(err)
	}
}

// TestArchive shows what is in an archive: the binary first, documents, and nothing else that lies
// in the tree; all with the same owner and time, and modes that do not depend on those of files.
func TestArchive(t *testing.T) {
	w := newTree(t)
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "docs/b.md", "docs/operations/Caddyfile", "docs/operations/a/x.service", "docs/pictures/c.webp"} {
		w.write(name, "text of "+name)
	}
	for _, name := range []string{"docs/docs.go", "docs/.b.md.swp", "docs/.x/b.md", "docs/a.png", "docs/node_modules/a.md", "main.go"} {
		w.write(name, "no part of it")
	}
	w.write("binary", "program")
	t.Setenv(epochVariable, "1600000000")
	s, out := w.read(), t.TempDir()
	name, err := Archive(s, Targets[0], filepath.Join(w.dir, "binary"), []byte("licences"), out)
	if err != nil || name != "civic-realtime_1.2.3_linux_amd64.tar.gz" {
		t.Fatal(name, err)
	}
	first, err := os.ReadFile(filepath.Join(out, name))
	if err != nil {
		t.Fatal(err)
	}
	got := list(t, first)
	const folder = "civic-realtime_1.2.3_linux_amd64/"
	want := "drwxr-xr-x " + folder + " -rwxr-xr-x " + folder + "civic-realtime"
	for _, name := range []string{"CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "THIRD-PARTY-LICENSES.txt", "docs/", "docs/b.md", "docs/operations/", "docs/operations/Caddyfile", "docs/operations/a/", "docs/operations/a/x.service", "docs/pictures/", "docs/pictures/c.webp"} {
		mode := " -rw-r--r-- "
		if strings.HasSuffix(name, "/") {
			mode = " drwxr-xr-x "
		}
		want += mode + folder + name
	}
	if got != want {
		t.Errorf("it has\n%s\nwant\n%s", got, want)
	}
	if err := os.Chmod(filepath.Join(w.dir, "README.md"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err = Archive(s, Targets[0], filepath.Join(w.dir, "binary"), []byte("licences"), out); err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(filepath.Join(out, name))
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("the second archive is another: %v", err)
	}
}

// list returns the modes and names in an archive that can be read to its end.
func list(t *testing.T, packed []byte) string {
	t.Helper()
	compressed, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for r := tar.NewReader(compressed); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(all, " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "root" || h.ModTime.Unix() != 1_600_000_000 {
			t.Errorf("%s: %+v", h.Name, h)
		}
		all = append(all, h.FileInfo().Mode().String()+" "+h.Name)
	}
}

// TestSums shows that sha256sum accepts the checksums, that they cover every file but themselves,
// and that a folder without files is refused.
func TestSums(t *testing.T) {
	dir := t.TempDir()
	if err := Sums(dir); err == nil || !strings.Contains(err.Error(), "has no files") {
		t.Error(err)
	}
	for _, name := range []string{"b", "a", SumsFile} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sums(dir); err != nil {
		t.Fatal(err)
	}
	check := exec.Command("sha256sum", "-c", SumsFile)
	check.Dir = dir
	if out, err := check.CombinedOutput(); err != nil || string(out) != "a: OK\nb: OK\n" {
		t.Errorf("%v: %s", err, out)
	}
}
