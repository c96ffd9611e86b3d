package console

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

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
	if flag.Lookup("test.run").Value.String() == "^$" {
		os.Exit(m.Run())
	}
	code := 1
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e/console:", err)
	} else {
		sideBySide()
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
	if out, err := exec.Command("go", "build", "-o", binary, "../..").CombinedOutput(); err != nil {
		return fmt.Errorf("building the server: %w\n%s", err, out)
	}
	return nil
}

// sideBySide makes more tests run at a time than there are processors, unless -parallel is set, as
// they mostly wait.
func sideBySide() {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		flag.Set("test.parallel", strconv.Itoa(testsAtOnce))
	}
}

// testsAtOnce bounds the processes: each test has a server, clients and pages.
const testsAtOnce = 4

// theBrowser is the one browser of all tests, started when the first page is opened.
var theBrowser = sync.OnceValues(func() (*worker, error) {
	path, err := findChromium()
	if err != nil {
		return nil, err
	}
	browserStarted, err = startWorker("browser", "driver.mjs", path)
	return browserStarted, err
})

var browserStarted *worker

// stopBrowser ends the browser when all tests are done.
func stopBrowser() {
	if browserStarted != nil {
		browserStarted.stop()
	}
}

// findChromium returns the path of the browser: CHROMIUM, or an executable with a usual name.
func findChromium() (path string, err error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the tests need Chromium on the PATH, or its path in CHROMIUM: `make test` says how to get it")
}
