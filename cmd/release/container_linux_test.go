package main

import (
	"bufio"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that must happen. It claims nothing about speed.
const patience = time.Minute

// container is a running image.
type container struct {
	*image
	volume string
	cmd    *exec.Cmd
	server string // its number outside of its namespace
	addr   string
}

// start starts the image with an empty root of its own and a volume, and waits until it listens.
func (m *image) start(volume string, env ...string) *container {
	m.t.Helper()
	user := m.user
	if os.Getuid() != 0 {
		m.t.Logf("without root the server does not run as %s", user)
		user = ""
	}
	args := append([]string{"--mount", "--pid", "--fork", "--kill-child", "sh", "container/run.sh", m.root, volume, m.volume, user}, m.entrypoint...)
	c := &container{image: m, volume: volume, cmd: namespaced(append(args, m.command...)...)}
	c.cmd.Env = append(append(c.cmd.Env, m.env...), env...)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		if c.cmd.ProcessState == nil {
			_ = c.cmd.Process.Kill() // and with it the server
			_ = c.cmd.Wait()
		}
	})
	c.addr = c.listening(out)
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", c.cmd.Process.Pid))
	if err != nil {
		m.t.Fatal(err)
	}
	c.server = strings.TrimSpace(string(children))
	m.t.Cleanup(c.kill)
	return c
}

// signal sends a signal to the server.
func (c *container) signal(s syscall.Signal) {
	c.t.Helper()
	var server int
	if _, err := fmt.Sscan(c.server, &server); err != nil {
		c.t.Fatal(err)
	}
	if err := syscall.Kill(server, s); err != nil {
		c.t.Fatal(err)
	}
}

// kill kills the server, and waits until it has ended.
func (c *container) kill() {
	if c.cmd.ProcessState == nil {
		c.signal(syscall.SIGKILL)
		_ = c.cmd.Wait() // for the server, as unshare does
	}
}

// listening waits for the address of the server, and then reads its output to the end.
func (c *container) listening(out io.Reader) string {
	c.t.Helper()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, rest, ok := strings.Cut(lines.Text(), "listening on http://"); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			end := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && r != ':' && (r < '0' || r > '9') })
			if end < 0 {
				end = len(rest)
			}
			return rest[:end]
		}
	}
	c.t.Fatal("it does not listen")
	return ""
}

// exec runs a command in the container, and returns its output and exit code.
func (c *container) exec(command ...string) (string, int) {
	c.t.Helper()
	args := []string{"--target", c.server, "--mount", "--pid", "--root", "--wd=/"}
	if os.Getuid() == 0 {
		user, group, _ := strings.Cut(c.user, ":")
		args = append(args, "--setuid", user, "--setgid", group)
	} else {
		args = append(args, "--user", "--preserve-credentials")
	}
	cmd := exec.CommandContext(c.t.Context(), "nsenter", append(args, command...)...)
	cmd.Env = c.cmd.Env
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

// stop stops the server as engines do, and checks that it has lost nothing.
func (c *container) stop() {
	c.t.Helper()
	c.signal(syscall.SIGTERM)
	dead := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	defer dead.Stop()
	if err := c.cmd.Wait(); err != nil {
		c.t.Errorf("after SIGTERM: %v", err)
	}
}

// TestContainer shows that the image that the Dockerfile describes serves: as a user without
// rights, with a root that cannot be written to, whatever else a container has; that its own health
// check succeeds while it is ready and fails while it drains; that it ends cleanly at SIGTERM; and
// that a server that was killed starts again on the same volume.
func TestContainer(t *testing.T) {
	source := t.TempDir()
	copySources(t, source)
	m := buildImage(t, "Dockerfile", source)
	m.mustBeGood()
	m.mustTrustAuthorities()
	volume := m.newVolume()
	env := []string{"CIVIC_REALTIME_LISTEN=127.0.0.1:0", "CIVIC_REALTIME_ADMIN_LISTEN=127.0.0.1:0", "CIVIC_REALTIME_LOG_FORMAT=text", "CIVIC_REALTIME_JWT_SECRET=" + strings.Repeat("s", 32)}
	c := m.start(volume, env...)
	c.mustServe(source)
	c.kill()

	c = m.start(volume, env...)
	c.mustServe(source)
	c.stop()
	c = m.start(volume, append(env, "CIVIC_REALTIME_DRAIN_WAIT=10m")...)
	c.mustServe(source)
	if out, code := c.exec("/civic-realtime", "drain"); code != 0 {
		t.Fatalf("%d: %s", code, out)
	}
	if out, code := c.exec(m.health...); code != 1 || !strings.Contains(out, "draining") {
		t.Errorf("health check while it drains: %d: %s", code, out)
	}
}

// newVolume returns a new volume with what the image has at its place, as engines make it.
func (m *image) newVolume() string {
	m.t.Helper()
	volume := filepath.Join(m.t.TempDir(), "volume")
	if out, err := exec.Command("cp", "-a", filepath.Join(m.root, m.volume), volume).CombinedOutput(); err != nil {
		m.t.Fatalf("%v: %s", err, out)
	}
	return volume
}

// mustTrustAuthorities checks that the image has the certificates that TLS needs, where Go looks.
func (m *image) mustTrustAuthorities() {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.root, "etc/ssl/certs/ca-certificates.crt"))
	if err != nil || !x509.NewCertPool().AppendCertsFromPEM(text) {
		m.t.Errorf("no certificates of authorities: %v", err)
	}
}

// mustServe checks a running server over HTTP, by its health check, and as the system sees it.
func (c *container) mustServe(source string) {
	t := c.t
	t.Helper()
	resp, err := http.Get("http://" + c.addr + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != 200 {
		t.Errorf("readyz: %s", resp.Status)
	}
	if out, code := c.exec(c.health...); out != "ready\n" || code != 0 {
		t.Errorf("health check: %d: %s", code, out)
	}
	if out, code := c.exec("/civic-realtime", "version"); code != 0 || !strings.Contains(out, versionOf(t, source)+" ("+commitOf(t, source)+")") {
		t.Errorf("version: %d: %s", code, out)
	}
	status, err := os.ReadFile("/proc/" + c.server + "/status")
	if err != nil {
		t.Fatal(err)
	}
	user, group, _ := strings.Cut(c.user, ":")
	for _, want := range []string{"\nUid:\t" + user + "\t", "\nGid:\t" + group + "\t", "\nNSpid:\t" + c.server + "\t1\n", "\nCapEff:\t0000000000000000\n"} {
		if os.Getuid() == 0 && !strings.Contains(string(status), want) {
			t.Errorf("the process has not %q: %s", want, status)
		}
	}
	mounts, err := os.ReadFile("/proc/" + c.server + "/mounts")
	if err != nil || !strings.Contains(string(mounts), " / ") || !strings.Contains(rootMount(string(mounts)), " ro") {
		t.Errorf("the root can be written to: %v: %s", err, mounts)
	}
}

// rootMount returns the line of /proc/PID/mounts about the root, as of " / ".
func rootMount(mounts string) string {
	for line := range strings.Lines(mounts) {
		if _, rest, ok := strings.Cut(line, " / "); ok {
			return rest
		}
	}
	return ""
}
