package bolt

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// TestNoRoomForLog shows that where the disk has no room for the log, the log takes none and rows
// are committed, and that the log is used once there is room.
func TestNoRoomForLog(t *testing.T) {
	if !inOwnProcess(t) {
		return
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { noRoomForLog(t, dir) })
}

func noRoomForLog(t *testing.T, dir string) {
	s := open(t, dir, Config{SyncInterval: never.SyncInterval})
	save(t, s, "other", "makes the database grow", 0)
	lift := limitFiles(t, 1<<20)
	add(t, s, "r", "a", "b")
	if info, err := os.Stat(filepath.Join(dir, wal.FileName)); err != nil || info.Size() != 0 ||
		waiting(s) != 0 {
		t.Errorf("%v: %d bytes of log, %d rows wait in it", err, info.Size(), waiting(s))
	}
	lift()
	time.Sleep(10 * time.Second)
	add(t, s, "r", "c")
	if waiting(s) != 1 {
		t.Error("the log is not used again")
	}
	wantRows(t, crash(t, dir), Config{}, "a", "b", "c")
	if err := s.Close(); err != nil { // within the bubble
		t.Error(err)
	}
}

const aloneEnv = "BOLT_TEST_ALONE" // name of the one test that the process runs

// inOwnProcess runs the test in a process of its own, which it may limit: go test writes a file
// meanwhile. It returns true in that process.
func inOwnProcess(t *testing.T) bool {
	t.Helper()
	if os.Getenv(aloneEnv) == t.Name() {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), aloneEnv+"="+t.Name())
	if out, err := cmd.CombinedOutput(); err != nil ||
		!strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v: %s", err, out)
	}
	return false
}

// limitFiles keeps the process from writing beyond a size in any file, as on a full disk, until
// lift is called.
func limitFiles(t *testing.T, size uint64) (lift func()) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	lift = func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(lift)
	return lift
}

// TestUnreadableParentDirectory shows that a store opens if its parent directory may be searched
// and not read.
func TestUnreadableParentDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "parent", "data")
	parent, mode := filepath.Dir(dir), os.FileMode(0o311)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // root may read everything
		mode = 0o711
		for at := parent; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
			if err := os.Chmod(at, mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(parent, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(parent, 0o700) })
	if out := openInProcess(t, dir); out != "opened" {
		t.Error(out)
	}
}

const (
	nobody   = 65534
	openEnv  = "BOLT_TEST_OPEN"  // the directory of a store to open and close, as nobody if the process is root's
	spaceEnv = "BOLT_TEST_SPACE" // how many MB of address space it may use beside what it has
)

// openInProcess opens and closes a store in a process of its own, and returns the output of that.
func openInProcess(t *testing.T, dir string, env ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), openEnv+"="+dir), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func init() {
	if dir := os.Getenv(openEnv); dir != "" {
		fmt.Print(openLimited(dir))
		os.Exit(0)
	}
}

func openLimited(dir string) string {
	if more, err := strconv.Atoi(os.Getenv(spaceEnv)); err == nil {
		if err := limitSpace(uint64(more) << 20); err != nil {
			return err.Error()
		}
	} else if os.Getuid() == 0 {
		if err := syscall.Setuid(nobody); err != nil {
			return err.Error()
		}
	}
	s, err := Open(dir, Config{})
	if err != nil {
		return err.Error()
	}
	if err := s.Close(); err != nil {
		return err.Error()
	}
	return "opened"
}

// limitSpace limits the address space of the process to what it has and so many bytes more.
func limitSpace(more uint64) error {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	var pages uint64
	if _, err := fmt.Sscan(string(b), &pages); err != nil {
		return err
	}
	most := pages*uint64(os.Getpagesize()) + more
	return syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: most, Max: most})
}

// TestAddressSpace shows that a store opens with little address space, and that with too little the
// error says what to do.
func TestAddressSpace(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	add(t, s, "r", "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for more, want := range map[string]string{"500": "opened", "10": "raise or lift the limit"} {
		if out := openInProcess(t, dir, spaceEnv+"="+more); !strings.Contains(out, want) {
			t.Errorf("with %s MB more: %s", more, out)
		}
	}
}

// TestFullDiskOpens shows that a store opens where its marker cannot be written.
func TestFullDiskOpens(t *testing.T) {
	if !inOwnProcess(t) {
		return
	}
	dir := t.TempDir()
	for range 2 {
		s := open(t, dir, never)
		add(t, s, "r", "a")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	lift := limitFiles(t, 0)
	s := open(t, dir, never)
	if _, rows := contents(t, s, "r"); len(rows) != 2 {
		t.Errorf("%d rows", len(rows))
	}
	lift()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
