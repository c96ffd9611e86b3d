package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMakeRun shows what a newcomer sees, from a clone on: make run prints the address of the
// playground, as the README says, and one click there leads into one of two panes that edit each
// other.
func TestMakeRun(t *testing.T) {
	t.Parallel()
	clone := cloneOf(t, "../../..")
	readme, err := os.ReadFile(filepath.Join(clone, "README.md"))
	if err != nil || !regexp.MustCompile(`(?s)\n    make run .*While it runs, open <http://127.0.0.1:3001>`).Match(readme) {
		t.Fatalf("the README does not say so: %v", err)
	}
	addr := freeAddr(t)
	cmd := exec.Command("make", "-C", clone, "run", "ARGS=--listen "+addr+" --data-dir "+newDataDir(t))
	cmd.WaitDelay = patience // for what make has begun, if only make can be killed
	s := launchCommand(t, cmd, goEnvironment(t)...)
	t.Cleanup(func() { s.terminate() }) // make passes the signal on
	s.awaitBuild()
	p := openPlay(t, s.announced("try it at"), nil)
	p.do("click", args{"side": "left"})
	p.do("type", args{"text": "Hello"})
	p.mustBoth("Hello")
	p.begins("right", " yourself")
	p.mustBoth("Hello yourself")
	p.mustShowTheWire()
	p.mustBeClean()
}

// awaitBuild waits until a server listens that is built before, perhaps from its first package on.
func (s *server) awaitBuild() {
	s.t.Helper()
	select {
	case s.addr = <-s.log.Seen:
	case <-s.done:
		s.t.Fatalf("it ended before it listened: %v\n%s", s.cmd.ProcessState, s.log)
	case <-time.After(10 * patience):
		s.t.Fatalf("it does not listen\n%s", s.log)
	}
}

// announced returns the address that the server has printed behind some words.
func (s *server) announced(words string) (url string) {
	s.t.Helper()
	line := regexp.MustCompile(words + ` +(https?://[^\s,]+)\s`)
	found := s.log.Until(patience, func(log string) bool {
		match := line.FindStringSubmatch(log)
		if match != nil {
			url = match[1]
		}
		return match != nil
	})
	if !found {
		s.t.Fatalf("it does not print what is %q:\n%s", words, s.log)
	}
	return url
}

// cloneOf returns a folder with the files that a clone of a repository would have, as they are now.
func cloneOf(t *testing.T, repository string) (clone string) {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = repository
	names, err := list.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	clone = t.TempDir()
	for name := range bytes.SplitSeq(bytes.TrimSuffix(names, []byte{0}), []byte{0}) {
		from, to := filepath.Join(repository, string(name)), filepath.Join(clone, string(name))
		content, err := os.ReadFile(from)
		if os.IsNotExist(err) {
			continue // it is deleted, and not committed yet
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to), 0o755)
		}
		if err == nil {
			err = os.WriteFile(to, content, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return clone
}

// goEnvironment returns the variables that go build needs to find its caches, as the home directory
// is another one.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	names := []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOFLAGS", "GOTOOLCHAIN"}
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for i, value := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		env = append(env, names[i]+"="+value)
	}
	return env
}
