package debian

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	patience     = 2 * time.Minute
	pollInterval = 50 * time.Millisecond
	inMachine    = "/srv/packages/" // the folder of packages, seen from inside
)

// machine is a Debian that runs: processes in namespaces of their own, the first of which is
// systemd. Its files are those of the tree and, above them, its own.
type machine struct {
	t     *testing.T
	pid   int // of its first process
	log   bytes.Buffer
	ended chan struct{}
}

// boot starts a machine with all packages, and waits until it runs.
func boot(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	upper := filepath.Join(dir, "upper")
	packages := filepath.Join(upper, inMachine)
	for _, name := range []string{filepath.Join(dir, "root"), filepath.Join(dir, "work"), packages} {
		if err := os.MkdirAll(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(packages, os.DirFS(built.dir)); err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o755) // the users of the machine must reach its root
	os.Chmod(upper, 0o755)
	m := &machine{t: t, ended: make(chan struct{})}
	m.start(filepath.Join(dir, "root"), built.tree, upper, filepath.Join(dir, "work"))
	m.until("systemd has started everything", func() bool {
		out, _ := m.command("systemctl", "is-system-running").Output()
		state := strings.TrimSpace(string(out))
		return state == "running" || state == "degraded"
	})
	if failed := m.run("systemctl", "list-units", "--failed", "--plain", "--no-legend"); failed != "" {
		t.Errorf("units of the machine itself fail:\n%s", failed)
	}
	return m
}

// start starts the first process. It is killed, and all others with it, when the test ends, also if
// the test is killed itself.
func (m *machine) start(args ...string) {
	m.t.Helper()
	group, remove := m.group()
	script, err := filepath.Abs("boot.sh")
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := exec.Command("sh", append([]string{script}, args...)...)
	cmd.Stdout, cmd.Stderr = &m.log, &m.log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC |
			syscall.CLONE_NEWUTS,
		Pdeathsig: syscall.SIGKILL, UseCgroupFD: true, CgroupFD: int(group.Fd()),
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig is sent when the thread ends
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
			close(m.ended)
		}
	}()
	if err := <-started; err != nil {
		group.Close()
		remove()
		m.t.Fatalf("new namespaces need root, and a machine that allows them: %v", err)
	}
	m.pid = cmd.Process.Pid
	m.t.Cleanup(func() {
		if m.t.Failed() {
			m.report()
		}
		cmd.Process.Kill()
		<-m.ended
		group.Close()
		remove()
	})
}

// report logs what may explain a failure.
func (m *machine) report() {
	out, _ := m.command("journalctl", "--no-pager", "-n", "60", "-u", "civic-realtime.*").CombinedOutput()
	units, _ := m.command("systemctl", "--no-pager", "status", "civic-realtime.socket").CombinedOutput()
	m.t.Logf("console:\n%s\njournal:\n%s\nsocket:\n%s", m.log.String(), out, units)
}

// group makes a control group for the machine. remove removes it with those that systemd has made,
// when all processes have ended.
func (m *machine) group() (group *os.File, remove func()) {
	m.t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		m.t.Fatal(err)
	}
	place := ""
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 2 && f[2] == "cgroup2" {
			place = f[1]
		}
	}
	if place == "" {
		m.t.Fatal("no control group of version 2 is mounted on this machine, and systemd needs one")
	}
	dir, err := os.MkdirTemp(place, "civic-realtime-test-")
	if err == nil {
		group, err = os.Open(dir)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return group, func() { m.removeGroup(dir) }
}

func (m *machine) removeGroup(dir string) {
	below, _ := filepath.Glob(filepath.Join(dir, "*", "cgroup.procs"))
	for _, file := range below {
		m.removeGroup(filepath.Dir(file))
	}
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pollInterval) {
		if err = os.Remove(dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
	}
	m.t.Error(err)
}

// command returns a command that runs in the machine as root.
func (m *machine) command(args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"--target", fmt.Sprint(m.pid), "--all", "--wdns=/", "env", "-i",
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"}, args...)...)
}

// try runs a command in the machine, and returns what it prints.
func (m *machine) try(args ...string) (string, error) {
	out, err := m.command(args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// run runs a command in the machine, which must succeed, and returns its standard output.
func (m *machine) run(args ...string) string {
	m.t.Helper()
	cmd := m.command(args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		m.t.Fatalf("%q: %v\n%s%s", args, err, out, &complaints)
	}
	return strings.TrimSpace(string(out))
}

// property returns a property of one of the package's units.
func (m *machine) property(unit, name string) string {
	m.t.Helper()
	return m.run("systemctl", "show", "--value", "--property", name, "civic-realtime."+unit)
}

func (m *machine) until(what string, ok func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(pollInterval) {
		select {
		case <-m.ended:
			m.t.Fatalf("the machine has ended before %s", what)
		default:
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("never: %s", what)
		}
	}
}

// files returns a line for each file of the machine, with its kind, rights, owners and target, but
// for those that dpkg, apt, useradd and the journal keep for themselves.
func (m *machine) files() []string {
	m.t.Helper()
	var kept []string
	for line := range strings.Lines(m.run("find", "/", "-xdev", "-printf", `%p %y %m %u:%g %l\n`)) {
		name, _, _ := strings.Cut(line, " ")
		if !isNote(name) {
			kept = append(kept, strings.TrimSpace(line))
		}
	}
	return kept
}

// isNote reports whether a file is a note of Debian's own tools.
func isNote(name string) bool {
	for _, prefix := range []string{"/var/lib/dpkg", "/var/lib/apt", "/var/cache/apt", "/var/cache/debconf", "/var/log",
		"/etc/passwd-", "/etc/shadow-", "/etc/group-", "/etc/gshadow-", "/etc/.pwd.lock", "/etc/subuid-", "/etc/subgid-",
		"/var/lib/systemd/random-seed", "/var/lib/systemd/timers", "/var/lib/systemd/catalog", "/var/tmp"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
