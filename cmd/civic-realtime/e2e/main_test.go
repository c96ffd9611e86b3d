package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// serverBinary is the path of the server under test. It is built once, with the race detector if
// the tests have it.
var serverBinary string

func TestMain(m *testing.M) {
	flag.Parse()
	if processes.RunsNothing() {
		os.Exit(m.Run())
	}
	if err := checkNode(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(withoutNode())
	}
	dir, err := os.MkdirTemp("", "civic-realtime-e2e-")
	if err == nil {
		err = makeCA(dir)
	}
	if err == nil {
		serverBinary, err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	processes.SideBySide(min(testsPerProcessor*runtime.GOMAXPROCS(0), mostTests))
	code := m.Run()
	stopBrowser()
	os.RemoveAll(dir)
	os.Exit(code)
}

// withoutNode returns the exit code of a run in which no test can run. That is an error, unless the
// benchmarks of the whole module were requested (go test -bench . ./...), as there are none here.
func withoutNode() int {
	if flag.Lookup("test.bench").Value.String() != "" {
		return 0
	}
	return 1
}

const (
	testsPerProcessor = 3
	mostTests         = 12 // bounds the processes: each test has several
)

func build(dir string) (path string, err error) {
	path = filepath.Join(dir, "civic-realtime")
	if raceEnabled {
		return path, processes.Build("../../..", path, "-race")
	}
	return path, processes.Build("../../..", path)
}

const oldestNode = 20

func checkNode() error {
	out, err := nodeworker.Run(context.Background(), "--version")
	if err != nil {
		return fmt.Errorf("the tests run real Yjs clients and need Node %d or later on the PATH (https://nodejs.org): %w", oldestNode, err)
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldestNode {
		return fmt.Errorf("the tests need Node %d or later, this is %s", oldestNode, out)
	}
	if _, err := os.Stat("node_modules/yjs"); err != nil {
		return errors.New("the Yjs clients are not installed: run `make test`, or `npm ci` in cmd/civic-realtime/e2e")
	}
	return nil
}

// TestSources makes go test run the tests again when the module has changed.
func TestSources(t *testing.T) { processes.DependOn(t, "../../..") }
