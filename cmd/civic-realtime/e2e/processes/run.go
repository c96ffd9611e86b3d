package processes

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// Build builds the server of the module in the folder root, with further flags of go build.
func Build(root, to string, flags ...string) error {
	cmd := exec.Command("go", append(append([]string{"build", "-o", to}, flags...), "./cmd/civic-realtime")...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the server: %w\n%s", err, out)
	}
	return nil
}

// DependOn makes the results of all tests of a package depend on the files of the module in the
// folder root, when one of them calls it. What a test builds and runs is unknown to go test, which
// would take an old result from its cache. It does know the files that a test has looked at.
func DependOn(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() {
			_, err = os.Stat(path)
			return err
		}
		if name := entry.Name(); path != root && (name == "node_modules" || name == "bin" || name[0] == '.') {
			return filepath.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// RunsNothing reports that no test was asked for, as when there are only benchmarks to run.
func RunsNothing() bool { return flag.Lookup("test.run").Value.String() == "^$" }

// SideBySide makes n tests run at a time, however few processors there are, as they mostly wait.
// With the flag -parallel it does nothing.
func SideBySide(n int) {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		flag.Set("test.parallel", strconv.Itoa(n))
	}
}

// FindChromium returns the path of the browser: CHROMIUM, or an executable with a usual name.
func FindChromium() (path string, err error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the tests need Chromium on the PATH, or its path in CHROMIUM: `make test` says how to get it")
}
