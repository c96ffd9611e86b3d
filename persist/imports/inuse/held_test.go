//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package inuse

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// holder is the variable of the environment with the file that the process locks, in the place of
// running tests: a process does not see its own locks.
const holder = "INUSE_TEST_HOLD"

func TestMain(m *testing.M) {
	name := os.Getenv(holder)
	if name == "" {
		os.Exit(m.Run())
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err == nil {
		lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: 100, Len: 10}
		err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &lock)
	}
	if err != nil {
		os.Stdout.WriteString(err.Error())
	}
	os.Stdout.WriteString("\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// TestHeld shows that the lock of another process is seen in its range, and only there, until the
// process has ended.
func TestHeld(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holder+"="+name)
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); strings.TrimSpace(line) != "" || err != nil {
		t.Fatal(line, err)
	}
	for _, test := range []struct {
		start, length int64
		want          bool
	}{{0, 0, true}, {100, 1, true}, {109, 100, true}, {0, 100, false}, {110, 0, false}} {
		if held, err := Held(name, test.start, test.length); held != test.want || err != nil {
			t.Errorf("%d, %d: %v, %v", test.start, test.length, held, err)
		}
	}
	stdin.Close()
	_ = cmd.Wait()
	for _, file := range []string{name, name + "none"} {
		if held, err := Held(file, 0, 0); held || err != nil {
			t.Errorf("%s: %v, %v", file, held, err)
		}
	}
}
