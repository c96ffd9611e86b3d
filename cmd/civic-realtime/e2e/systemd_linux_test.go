package e2e

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// units are the files for systemd in the documentation.
const units = "../../../docs/operations/"

// TestUnits shows that systemd accepts the units of the documentation, where it is installed, and
// counts the service among the well confined.
func TestUnits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"civic-realtime.service", "civic-realtime.socket"} {
		text, err := os.ReadFile(units + name)
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.ReplaceAll(text, []byte("/usr/local/bin/civic-realtime"), []byte(serverBinary))
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"ExecStart=" + serverBinary + " serve ", "FileDescriptorName=public\n"} {
			if strings.HasSuffix(name, ".service") == strings.HasPrefix(line, "Exec") && !bytes.Contains(text, []byte(line)) {
				t.Errorf("%s has no line with %q", name, line)
			}
		}
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		return // the lines above are checked, and the protocols by the next test
	}
	service, socket := filepath.Join(dir, "civic-realtime.service"), filepath.Join(dir, "civic-realtime.socket")
	for _, args := range [][]string{{"verify", "--man=no", service, socket}, {"security", "--offline=true", "--threshold=20", "--no-pager", service}} {
		cmd := exec.Command("systemd-analyze", args...)
		cmd.Env = append(os.Environ(), "SYSTEMD_LOG_LEVEL=warning")
		if out, err := cmd.CombinedOutput(); err != nil || args[0] == "verify" && len(out) > 0 {
			t.Errorf("%s: %v\n%s", args[0], err, out)
		}
	}
}

// activation is a socket in the hands of another process, as systemd has it, and what it is told.
type activation struct {
	t      *testing.T
	addr   string
	socket *os.File
	notify *net.UnixConn
	path   string // of notify
}

func newActivation(t *testing.T) *activation {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := &activation{t: t, addr: l.Addr().String(), path: filepath.Join(t.TempDir(), "notify")}
	if a.socket, err = l.(*net.TCPListener).File(); err != nil {
		t.Fatal(err)
	}
	if a.notify, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: a.path, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a.socket.Close()
		a.notify.Close()
	})
	return a
}

// start starts a server on the socket, and waits until systemd is told that it is ready.
func (a *activation) start(dir string) *server {
	a.t.Helper()
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, serverBinary, "serve", "--dev", "--data-dir", dir)
	cmd.ExtraFiles = []*os.File{a.socket}
	s := launchCommand(a.t, cmd, "LISTEN_FDS=1", "LISTEN_FDNAMES=public", "NOTIFY_SOCKET="+a.path)
	s.dir, s.addr, s.flags = dir, a.addr, []string{"--dev"}
	a.await("READY=1")
	return s
}

// await waits for a message to systemd.
func (a *activation) await(want string) string {
	a.t.Helper()
	b := make([]byte, 4096)
	a.notify.SetReadDeadline(time.Now().Add(patience))
	for {
		n, err := a.notify.Read(b)
		if err != nil {
			a.t.Fatalf("systemd is not told %s: %v", want, err)
		}
		if strings.Contains(string(b[:n]), want) {
			return string(b[:n])
		}
	}
}

// TestSocketOfSystemd shows restarts of a server whose socket systemd holds, under load: no attempt
// to connect fails, neither while it drains nor while no server runs, no update is lost, and
// systemd is told when it is ready, reloads and stops, and how long that may take.
func TestSocketOfSystemd(t *testing.T) {
	t.Parallel()
	a := newActivation(t)
	o := newOffice(t, a.start(t.TempDir()))
	o.s.cmd.Process.Signal(syscall.SIGHUP)
	if told := a.await("RELOADING=1"); !strings.Contains(told, "MONOTONIC_USEC=") {
		t.Errorf("systemd is told %q", told)
	}
	a.await("READY=1")
	for round := range rounds(2, 24) {
		if code := o.s.terminate(); code != 0 {
			t.Errorf("round %d: exit code %d", round, code)
		}
		if told := a.await("STOPPING=1"); !strings.Contains(told, "EXTEND_TIMEOUT_USEC=14000000") {
			t.Errorf("systemd is told %q", told)
		}
		waiting, err := net.Dial("tcp", a.addr)
		if err != nil {
			t.Fatal(err)
		}
		o.s = a.start(o.s.dir)
		waiting.Close()
		o.awaitTyping()
	}
	for _, c := range o.typists {
		c.mu.Lock()
		for _, failure := range c.failures {
			t.Errorf("client %d: %s", c.id, failure)
		}
		c.mu.Unlock()
	}
	o.close()
}

// TestSystemdSocketActivate shows that the server works with systemd's own program for such
// sockets, where that is installed: it is started by the first client, which it serves.
func TestSystemdSocketActivate(t *testing.T) {
	t.Parallel()
	const program = "systemd-socket-activate"
	path, err := exec.LookPath(program)
	if err != nil {
		t.Log(program + " is not installed; TestSocketOfSystemd passes the socket in the same way")
		return
	}
	addr := freeAddr(t)
	s := launchCommand(t, exec.Command(path, "--listen="+addr, "--fdname=public", "-E", "CIVIC_REALTIME_ADMIN_LISTEN", serverBinary, "serve", "--dev", "--data-dir", t.TempDir()))
	s.addr = addr
	for deadline := time.Now().Add(patience); !strings.Contains(s.log.String(), "Listening on"); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not listen\n%s", s.log)
		}
	}
	resp, err := http.Get("http://" + addr + "/readyz")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	writeTexts(t, s, "r", 1, "text")
	if code := s.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
