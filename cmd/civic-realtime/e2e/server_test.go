package e2e

import (
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// patience bounds every wait for something that must happen. It claims nothing about speed.
const patience = time.Minute

// pollInterval is the pause between two checks of a condition.
const pollInterval = 20 * time.Millisecond

// server is one process of the binary under test.
type server struct {
	t     *testing.T
	addr  string   // host:port
	dir   string   // data directory
	flags []string // further flags that it was started with
	cmd   *exec.Cmd
	log   *processes.Output
	done  chan struct{} // closed when the process has ended
}

// start starts a server in development mode, on a free port and with a new data directory.
func start(t *testing.T) *server {
	t.Helper()
	return startAt(t, freeAddr(t), newDataDir(t))
}

// newDataDir returns a data directory that the server is to make. One that others may read, as the
// temporary ones of tests are, would cause a warning.
func newDataDir(t *testing.T) string { return filepath.Join(t.TempDir(), "data") }

// startAt starts a server in development mode, and waits until it listens.
func startAt(t *testing.T, listen, dir string) *server {
	t.Helper()
	return startWith(t, listen, dir, "--dev")
}

// startWith starts a server with further flags, and waits until it listens.
func startWith(t *testing.T, listen, dir string, flags ...string) *server {
	t.Helper()
	s := launch(t, append([]string{"serve", "--listen", listen, "--data-dir", dir}, flags...)...)
	s.dir, s.flags = dir, flags
	s.awaitListening()
	return s
}

// awaitListening waits until the server listens.
func (s *server) awaitListening() {
	s.t.Helper()
	select {
	case s.addr = <-s.log.Seen:
	case <-s.done:
		s.t.Fatalf("the server ended before it listened: %v\n%s", s.cmd.ProcessState, s.log)
	case <-time.After(patience):
		s.t.Fatalf("the server does not listen\n%s", s.log)
	}
}

// launch runs the binary with args, in an environment that configures nothing but a free port for
// the admin API.
func launch(t *testing.T, args ...string) *server {
	t.Helper()
	return launchAs(t, serverBinary, args...)
}

// launchAs is launch for a program that becomes the binary.
func launchAs(t *testing.T, program string, args ...string) *server {
	t.Helper()
	return launchCommand(t, exec.Command(program, args...))
}

// launchCommand is launch by another command, with further variables in the environment.
func launchCommand(t *testing.T, cmd *exec.Cmd, env ...string) *server {
	t.Helper()
	s := &server{t: t, cmd: cmd, log: processes.Watch(`listening on https?://([0-9.:]+)`), done: make(chan struct{})}
	s.cmd.Env = append(env, "PATH="+os.Getenv("PATH"), "HOME="+t.TempDir(), "CIVIC_REALTIME_ADMIN_LISTEN=127.0.0.1:0", "CIVIC_REALTIME_LOG_FORMAT=text")
	s.cmd.Dir = t.TempDir()
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.cmd.Wait() // exit reads the code from ProcessState
		close(s.done)
	}()
	t.Cleanup(s.cleanUp)
	return s
}

func (s *server) cleanUp() {
	s.kill()
	if log := s.log.String(); strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic: ") {
		s.t.Errorf("the server on %s panicked or raced", s.addr)
	}
	if s.t.Failed() {
		s.t.Logf("log of the server on %s:\n%s", s.addr, s.log.Tail(100))
	}
}

// untilWritten waits until the log has a text, and checks that it was written once.
func (s *server) untilWritten(text string) {
	s.t.Helper()
	if !s.log.Until(patience, func(log string) bool { return strings.Contains(log, text) }) {
		s.t.Errorf("the log does not say %q", text)
	}
	if n := strings.Count(s.log.String(), text); n > 1 {
		s.t.Errorf("the log says %d times %q", n, text)
	}
}

// kill ends the process like a power failure.
func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.done
}

// terminate makes the process drain, and returns its exit code.
func (s *server) terminate() int {
	s.t.Helper()
	s.cmd.Process.Signal(syscall.SIGTERM)
	return s.exit(patience)
}

// exit waits for the end of the process, and returns its exit code.
func (s *server) exit(within time.Duration) int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(within):
		s.t.Fatalf("the server has not ended within %s\n%s", within, s.log)
	}
	return s.cmd.ProcessState.ExitCode()
}

// restart starts a new process on the same port and data, with the same flags; the old one must
// have ended.
func (s *server) restart() *server {
	s.t.Helper()
	return startWith(s.t, s.addr, s.dir, s.flags...)
}

func (s *server) url() string {
	return "ws" + s.secure() + "://" + s.addr + "/realtime/records"
}

// secure returns "s" if the server speaks TLS. One without a log runs in the test's process.
func (s *server) secure() string {
	if s.log != nil && strings.Contains(s.log.String(), "listening on https://") {
		return "s"
	}
	return ""
}

// untilMetrics requests the metrics until they are ok, with a pause so that the requests do not
// delay the server.
func (s *server) untilMetrics(what string, ok func(metrics string) bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !ok(s.metrics()); {
		if time.Now().After(deadline) {
			s.t.Fatalf("never: %s", what)
		}
		time.Sleep(pollInterval)
	}
}

// metrics returns the body of /metrics.
func (s *server) metrics() string {
	s.t.Helper()
	client := http.Client{Timeout: patience, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: testCA.pool}, DisableKeepAlives: true,
	}}
	resp, err := client.Get("http" + s.secure() + "://" + s.addr + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body)
}

// metric returns the value of a metric, 0 if it does not exist.
func (s *server) metric(name string) float64 {
	s.t.Helper()
	return s.metricIn(s.metrics(), name)
}

// metricIn returns the value of a metric in the body of /metrics.
func (s *server) metricIn(metrics, name string) float64 {
	s.t.Helper()
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (.+)$`).FindStringSubmatch(metrics)
	if found == nil {
		return 0
	}
	v, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// mustBeHealthy checks that the process is still running, and serves.
func (s *server) mustBeHealthy() {
	s.t.Helper()
	select {
	case <-s.done:
		s.t.Fatalf("the server is gone: %v", s.cmd.ProcessState)
	default:
	}
	client := http.Client{Timeout: patience}
	resp, err := client.Get("http://" + s.addr + "/healthz")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		s.t.Fatalf("/healthz: %s: %s", resp.Status, body)
	}
}
