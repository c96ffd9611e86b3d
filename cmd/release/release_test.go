package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const root = "../.."

// releaser is the program under test.
var releaser string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "civic-realtime-releaser-")
	if err == nil {
		releaser = filepath.Join(dir, "release")
		cmd := exec.Command("go", "build", "-o", releaser, ".")
		cmd.Stderr = os.Stderr
		err = cmd.Run()
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// notSources are folders that git ignores, or that are git's own.
var notSources = []string{".git", "node_modules", "bin", "data"}

// copySources copies the source tree to a new folder, and commits it there: with the same commit in
// every folder.
func copySources(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		to := filepath.Join(dir, rel)
		switch {
		case err != nil:
			return err
		case e.IsDir() && slices.Contains(notSources, e.Name()):
			return fs.SkipDir
		case e.IsDir():
			return os.MkdirAll(to, 0o755)
		case !e.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "one"}} {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
			"GIT_AUTHOR_NAME=ann", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_COMMITTER_NAME=ann", "GIT_COMMITTER_EMAIL=ann@example.org",
			"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
}

// release makes a release of a source tree for some systems, and returns its folder.
func release(t *testing.T, source string, env []string, systems ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"archives", "--source", source, "--out", out}
	for _, s := range systems {
		args = append(args, "--only", s)
	}
	for _, args := range [][]string{args, {"sums", out}} {
		cmd := exec.CommandContext(t.Context(), releaser, args...)
		cmd.Env = append(os.Environ(), env...)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("release %q: %v\n%s", args, err, text)
		}
	}
	return out
}

// filesOf returns the files in a folder, by name.
func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		if all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestReleaseIsReproducible shows that releases of one commit are equal in every byte, in two
// folders, at two times, with other settings of Go, and with nothing that Go has compiled before;
// that the checksums are right; and that the binaries are static, name version and commit, and run.
func TestReleaseIsReproducible(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "another folder", "b")
	copySources(t, first)
	copySources(t, second)
	one := release(t, first, nil, "linux/amd64", "linux/386")
	mustHaveSums(t, one)
	mustRun(t, one, first, "amd64")
	mustRun(t, one, first, "386")

	// The 32-bit one is compiled from nothing. That of the other one would take as long again.
	cache := filepath.Join(t.TempDir(), "cache")
	anew := release(t, second, []string{
		"GOCACHE=" + cache, "GOFLAGS=-ldflags=-X=main.x=y -buildvcs=false", "GO386=softfloat", "CGO_ENABLED=1", "TZ=America/Toronto",
	}, "linux/386")
	mustEqual(t, one, anew, "civic-realtime_"+versionOf(t, first)+"_linux_386.tar.gz")
	if entries, err := os.ReadDir(cache); err != nil || len(entries) == 0 {
		t.Errorf("nothing was compiled anew: %v", err)
	}

	other := release(t, second, []string{"GOAMD64=v3", "TZ=America/Toronto"}, "linux/amd64", "linux/386")
	for name := range filesOf(t, one) {
		mustEqual(t, one, other, name)
	}
}

func mustEqual(t *testing.T, a, b, name string) {
	t.Helper()
	one, err := os.ReadFile(filepath.Join(a, name))
	other, err2 := os.ReadFile(filepath.Join(b, name))
	if err := errors.Join(err, err2); err != nil || !bytes.Equal(one, other) {
		t.Errorf("%s: of %d and %d bytes are not the same: %v", name, len(one), len(other), err)
	}
}

// mustHaveSums checks that sha256sum accepts the checksums, and that there is one of every file.
func mustHaveSums(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.Command("sha256sum", "-c", "SHA256SUMS")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if n := strings.Count(string(out), ": OK\n"); err != nil || n != len(filesOf(t, dir))-1 || n != 3 {
		t.Errorf("%v: %s", err, out)
	}
}

// versionOf returns the version of a source tree.
func versionOf(t *testing.T, source string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(source, "cmd/civic-realtime/app/build.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), `const Version = "`)
	version, _, _ := strings.Cut(rest, `"`)
	return version
}

// mustRun unpacks an archive with tar, checks that its binary is static, and runs it if this
// machine can.
func mustRun(t *testing.T, dir, source, arch string) {
	t.Helper()
	folder := "civic-realtime_" + versionOf(t, source) + "_linux_" + arch
	to := t.TempDir()
	if out, err := exec.Command("tar", "-xzf", filepath.Join(dir, folder+".tar.gz"), "-C", to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	binary := filepath.Join(to, folder, "civic-realtime")
	mustBeStatic(t, binary)
	out, err := exec.Command(binary, "version").CombinedOutput()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" || errors.Is(err, syscall.ENOEXEC) {
		t.Logf("%s does not run here: %v", arch, err)
		return
	}
	want := fmt.Sprintf("civic-realtime %s (%s) %s\n", versionOf(t, source), commitOf(t, source), runtime.Version())
	if string(out) != want || err != nil {
		t.Errorf("%s: it says %q, want %q: %v", arch, out, want, err)
	}
	text, err := exec.Command(binary, "licenses", "--json").Output()
	var all []struct{ License string }
	if err != nil || json.Unmarshal(text, &all) != nil || len(all) < 20 {
		t.Errorf("%s: %d licences, %v", arch, len(all), err)
	}
}

func commitOf(t *testing.T, source string) string {
	t.Helper()
	out, err := exec.Command("git", "-C", source, "rev-parse", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// mustBeStatic checks that a binary needs no other file to run, and names no folder of this
// machine.
func mustBeStatic(t *testing.T, name string) {
	t.Helper()
	f, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("%s has a segment %s", name, p.Type)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil || bytes.Contains(text, []byte(os.TempDir()+"/Test")) {
		t.Errorf("%s names a folder of this machine: %v", name, err)
	}
}

// TestReleaseRefused shows that systems that are not known and trees without a commit are refused,
// before anything is written; and that changes are named.
func TestReleaseRefused(t *testing.T) {
	source := filepath.Join(t.TempDir(), "tree")
	if err := os.MkdirAll(filepath.Join(source, "cmd/civic-realtime/app"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(source, "cmd/civic-realtime/app/build.go")
	if err := os.WriteFile(file, []byte("package app\n\nconst Version = \"1.2.3\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	for want, args := range map[string][]string{
		`"plan9/mips" is none of linux/amd64`: {"archives", "--source", source, "--out", out, "--only", "plan9/mips"},
		"is in no git repository":             {"archives", "--source", source, "--out", out},
		`"linux" is none of`:                  {"binary", "--source", source, "linux", out},
		"no such file or directory":           {"sums", out},
	} {
		cmd := exec.Command(releaser, args...)
		cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=")
		if text, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(text), want) {
			t.Errorf("%q: %v: %s; want %q", args, err, text, want)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("something is written: %v", err)
	}
}
