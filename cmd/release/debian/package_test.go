package debian

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/release/build"
)

// source is the tree of this test. Its time is not that of the commit, so that tests also run where
// there is no repository.
func source(t *testing.T) build.Source {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return build.Source{Dir: dir, Version: "1.2.3", Commit: "0123abcd", Time: time.Unix(1_800_000_000, 0).UTC()}
}

// small returns a package whose binary is a text.
func small(t *testing.T) Package {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "binary")
	if err := os.WriteFile(binary, []byte("binary"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Package{Source: source(t), Target: build.Target{OS: "linux", Arch: "386"}, Binary: binary}
}

// TestSamePackageHasTheSameBytes shows that a package does not depend on the time, the folder, or
// the rights of the files that it is made of, and is named as Debian names packages.
func TestSamePackageHasTheSameBytes(t *testing.T) {
	t.Parallel()
	var packages [2][]byte
	for i := range packages {
		p := small(t)
		os.Chmod(p.Binary, []os.FileMode{0o600, 0o755}[i])
		os.Chtimes(p.Binary, time.Time{}, time.Unix(int64(i), 0))
		name, err := Build(p, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(name) != "civic-realtime_1.2.3-1_i386.deb" {
			t.Errorf("its name is %s", name)
		}
		if packages[i], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(packages[0], packages[1]) {
		t.Error("two packages of the same files differ")
	}
}

// TestUnitsAreThoseOfTheDocumentation shows that the path of the binary is the only difference.
func TestUnitsAreThoseOfTheDocumentation(t *testing.T) {
	t.Parallel()
	files, err := contents(small(t))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range files {
		if !strings.HasPrefix(f.name, unitFolder) {
			continue
		}
		found++
		documented, err := os.ReadFile(filepath.Join("../../../docs/operations", filepath.Base(f.name)))
		if err != nil {
			t.Fatal(err)
		}
		if local := strings.ReplaceAll(string(f.content), "=/usr/bin/civic-realtime ", "=/usr/local/bin/civic-realtime "); local != string(documented) {
			t.Errorf("%s is\n%s", f.name, f.content)
		}
		if strings.Contains(string(f.content), "/local/") {
			t.Errorf("%s names a path that no package may write to", f.name)
		}
	}
	if found != 2 {
		t.Errorf("there are %d units", found)
	}
}

// TestCopyrightNamesAllCode shows that everything in the binary is in the file copyright, with a
// text.
func TestCopyrightNamesAllCode(t *testing.T) {
	t.Parallel()
	text, err := copyright(source(t).Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nFiles: *\nCopyright: the authors of CivicPress\nLicense: Apache-2.0\n",
		"\nFiles: vendor/go/std/*\nCopyright: 2009 The Go Authors.\nLicense: BSD-3-Clause\n LICENSE:\n",
		"\nFiles: vendor/go/go.etcd.io/bbolt/*\n", "\nFiles: vendor/npm/yjs/*\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("copyright has no %q", want)
		}
	}
}

// TestWrongPackages shows that a package for a system without one, with a version that dpkg would
// not take, or without a binary, is an error, and that no file is left.
func TestWrongPackages(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Package){
		"no Debian package for darwin": func(p *Package) { p.Target = build.Target{OS: "darwin", Arch: "amd64"} },
		"is no version of a package":   func(p *Package) { p.Version = "v1.2.3" },
		"no such file":                 func(p *Package) { p.Binary += "-not" },
	} {
		p, dir := small(t), t.TempDir()
		change(&p)
		if name, err := Build(p, dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s, %v instead of %q", name, err, want)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%q leaves %v", want, left)
		}
	}
	if v := DefaultVersion("1.2.3-rc.1"); v != "1.2.3~rc.1-1" {
		t.Errorf("a pre-release is %s, which dpkg must sort before 1.2.3-1", v)
	}
}

// TestLintian shows that Debian's own checker accepts a whole package, where it is installed.
func TestLintian(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("lintian"); err != nil {
		t.Log("lintian is not installed")
		return
	}
	s, here := source(t), build.Target{OS: "linux", Arch: runtime.GOARCH}
	if _, ok := Architecture(here); !ok {
		here.Arch = "amd64"
	}
	p := Package{Source: s, Target: here, Binary: filepath.Join(t.TempDir(), Name)}
	if err := build.Binary(context.Background(), s, p.Target, p.Binary); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.Help, err = ReadHelp(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	name, err := Build(p, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", name).CombinedOutput()
	if err != nil {
		t.Errorf("lintian: %v\n%s", err, out)
	}
}
