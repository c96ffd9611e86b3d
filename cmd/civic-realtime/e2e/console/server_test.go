package console

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// userSecret signs the tokens of users. No page and no answer may have it.
const userSecret = "MARKER-of-a-secret-that-nobody-may-see"

// server is one process of the binary under test.
type server struct {
	t      *testing.T
	addr   string // host:port, for clients
	admin  string // host:port, for operators
	dir    string // data directory
	config string // path of the configuration
	secret string // path of the file with the secret of users' tokens
	cmd    *exec.Cmd
	log    *processes.Output
	done   chan struct{} // closed when the process has ended
}

// limits are those of a configuration for tests, which come often and from one address.
const limits = `  limits: {handshakes_per_ip: 10000, handshake_burst: 10000}
  rate_limiting: {connections_per_ip: 10000, connections_per_user: 10000}
`

// start starts a server that needs a token of its operators and of its users. more has further
// lines of the section realtime of its configuration.
func start(t *testing.T, more string) *server {
	t.Helper()
	s := &server{t: t, dir: filepath.Join(t.TempDir(), "data"), config: filepath.Join(t.TempDir(), "realtime.yml")}
	s.secret = filepath.Join(filepath.Dir(s.config), "secret")
	text := "realtime:\n" + limits + "  auth: {jwt: {secret: " + userSecret + "}}\n" + more
	for path, text := range map[string]string{s.config: text, s.secret: userSecret} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.launch("127.0.0.1:0", "127.0.0.1:0")
	return s
}

// launch runs the binary, and waits until it listens.
func (s *server) launch(listen, admin string, flags ...string) {
	s.t.Helper()
	s.log, s.done = processes.Watch(`listening on https?://([0-9.:]+)`), make(chan struct{})
	s.cmd = exec.Command(binary, append([]string{"serve", "--listen", listen, "--admin-listen", admin, "--data-dir", s.dir, "--config", s.config}, flags...)...)
	s.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.t.TempDir(), "CIVIC_REALTIME_LOG_FORMAT=text"}
	s.cmd.Dir = s.t.TempDir()
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd, done, log := s.cmd, s.done, s.log
	go func() {
		_ = cmd.Wait() // exit reads the code from ProcessState
		close(done)
	}()
	s.t.Cleanup(func() { s.cleanUp(cmd, done, log) })
	s.awaitListening()
}

// awaitListening waits until the server listens, and learns its addresses.
func (s *server) awaitListening() {
	s.t.Helper()
	select {
	case s.addr = <-s.log.Seen:
	case <-s.done:
		s.t.Fatalf("the server ended before it listened: %v\n%s", s.cmd.ProcessState, s.log)
	case <-time.After(patience):
		s.t.Fatalf("the server does not listen\n%s", s.log)
	}
	var place struct{ URL string }
	data, err := os.ReadFile(filepath.Join(s.dir, "admin.json"))
	if err == nil {
		err = json.Unmarshal(data, &place)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.admin = strings.TrimPrefix(place.URL, "http://")
}

func (s *server) cleanUp(cmd *exec.Cmd, done chan struct{}, log *processes.Output) {
	_ = cmd.Process.Kill()
	<-done
	if log := log.String(); strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic: ") {
		s.t.Errorf("the server on %s panicked or raced", s.addr)
	}
	if s.t.Failed() {
		s.t.Logf("log of the server on %s:\n%s", s.addr, log.Tail(60))
	}
}

// terminate makes the process drain, and waits for its end.
func (s *server) terminate() {
	s.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	s.ends()
}

// ends waits for the end of the process, with exit code 0.
func (s *server) ends() {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(patience):
		s.t.Fatalf("the server does not end\n%s", s.log)
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("the server ended with %d\n%s", code, s.log)
	}
}

// restart starts a new process with the same addresses and data; the old one must have ended.
func (s *server) restart() {
	s.t.Helper()
	s.launch(s.addr, s.admin)
}

func (s *server) url() string { return "ws://" + s.addr + "/realtime/records" }

// token returns the token of the server's operators.
func (s *server) token() string {
	s.t.Helper()
	token, err := os.ReadFile(filepath.Join(s.dir, "admin.token"))
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(token))
}
