package debian

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/cmd/release/build"
	packaging "github.com/civicpress/civic-realtime/cmd/release/debian"
)

// built is what all tests use: the tree, and a folder with the packages old.deb and new.deb, the
// second of which has a higher version.
var built struct{ tree, dir string }

// Versions of the packages.
const oldVersion, newVersion = "0.0.1-1", "0.0.2-1"

func TestMain(m *testing.M) {
	flag.Parse()
	if processes.RunsNothing() {
		os.Exit(m.Run())
	}
	if os.Geteuid() != 0 {
		fmt.Println("the Debian package is installed by root only, into a Debian of its own: sudo go test ./cmd/civic-realtime/e2e/debian")
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "civic-realtime-debian-")
	if err == nil {
		built.dir = dir
		err = prepare()
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "debian:", err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

func prepare() (err error) {
	if built.tree, err = fetchTree(); err != nil {
		return err
	}
	ctx := context.Background()
	s, err := build.ReadSource(ctx, "../../../..")
	if err != nil {
		return err
	}
	p := packaging.Package{Source: s, Target: build.Target{OS: "linux", Arch: runtime.GOARCH}}
	if p.Help, err = packaging.ReadHelp(ctx, s); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "civic-realtime-binary-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p.Binary = filepath.Join(dir, packaging.Name)
	if err := build.Binary(ctx, s, p.Target, p.Binary); err != nil {
		return err
	}
	for name, version := range map[string]string{"old.deb": oldVersion, "new.deb": newVersion} {
		p.Version = version
		file, err := packaging.Build(p, dir)
		if err != nil {
			return err
		}
		// The folder for temporary files may be on another file system than the other.
		if err := os.Rename(file, filepath.Join(built.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// TestSources makes go test run the tests again when the module has changed.
func TestSources(t *testing.T) { processes.DependOn(t, "../../../..") }
