package cluster

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// patience bounds every wait for something that must happen. It claims nothing about speed.
const patience = 2 * time.Minute

// pollInterval is the pause between two checks of a condition.
const pollInterval = 20 * time.Millisecond

// binary is the path of the server under test, built once. folder is removed at the end.
var binary, folder string

func TestMain(m *testing.M) {
	flag.Parse()
	if processes.RunsNothing() {
		os.Exit(m.Run())
	}
	code := 1
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e/cluster:", err)
	} else {
		processes.SideBySide(casesAtOnce)
		code = m.Run()
	}
	os.RemoveAll(folder)
	os.Exit(code)
}

// prepare builds the server, and checks that everything that the tests need is there.
func prepare() (err error) {
	if err := nodeworker.Check("..", "yjs"); err != nil {
		return err
	}
	if folder, err = os.MkdirTemp("", "civic-realtime-cluster-"); err != nil {
		return err
	}
	binary = filepath.Join(folder, "civic-realtime")
	if os.Getenv("CLUSTER_RACE") != "" {
		return processes.Build("../../../..", binary, "-race")
	}
	return processes.Build("../../../..", binary)
}

// casesAtOnce bounds the processes: each case has about ten.
const casesAtOnce = 3

// TestSources makes go test run the tests again when the module has changed.
func TestSources(t *testing.T) { processes.DependOn(t, "../../../..") }
