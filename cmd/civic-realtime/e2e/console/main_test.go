package console

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// patience bounds every wait for something that must happen. It claims nothing about speed.
const patience = time.Minute

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
		fmt.Fprintln(os.Stderr, "e2e/console:", err)
	} else {
		processes.SideBySide(testsAtOnce)
		code = m.Run()
		stopBrowser()
	}
	os.RemoveAll(folder)
	os.Exit(code)
}

// prepare builds the server, and checks that everything that the tests need is there.
func prepare() (err error) {
	if err := errors.Join(nodeworker.Check("..", "yjs"), nodeworker.Check(".", "playwright-core")); err != nil {
		return err
	}
	if folder, err = os.MkdirTemp("", "civic-realtime-console-"); err != nil {
		return err
	}
	binary = filepath.Join(folder, "civic-realtime")
	return processes.Build("../../../..", binary)
}

// testsAtOnce bounds the processes: each test has a server, clients and pages.
const testsAtOnce = 4

// theBrowser is the one browser of all tests, started when the first page is opened.
var theBrowser = sync.OnceValues(func() (*processes.Worker, error) {
	path, err := processes.FindChromium()
	if err != nil {
		return nil, err
	}
	browserStarted, err = processes.StartWorker("browser", 2*patience, "driver.mjs", path)
	return browserStarted, err
})

var browserStarted *processes.Worker

// stopBrowser ends the browser when all tests are done.
func stopBrowser() {
	if browserStarted != nil {
		browserStarted.Stop()
	}
}

// TestSources makes go test run the tests again when the module has changed.
func TestSources(t *testing.T) { processes.DependOn(t, "../../../..") }
