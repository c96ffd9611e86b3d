package cluster

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

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
	if flag.Lookup("test.run").Value.String() == "^$" {
		os.Exit(m.Run())
	}
	code := 1
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e/cluster:", err)
	} else {
		sideBySide()
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
	return build("../../../..", binary, os.Getenv("CLUSTER_RACE") != "")
}

// build builds the server of the module in root, with further flags.
func build(root, to string, race bool, flags ...string) error {
	args := append([]string{"build", "-o", to}, flags...)
	if race {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/civic-realtime")...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
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
		flag.Set("test.parallel", strconv.Itoa(casesAtOnce))
	}
}

// casesAtOnce bounds the processes: each case has about ten.
const casesAtOnce = 3
