package redistest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is a process of redis-server or redis-sentinel. Its methods fail the test if Redis does
// not do what it is told. They are not for concurrent use, but for Do.
type Server struct {
	Addr string // host:port
	Dir  string // its folder

	t        testing.TB
	program  string
	config   string // path of its configuration
	password string
	tls      *tls.Config
	port     int

	process *exec.Cmd // nil: it does not run
	ended   chan struct{}
	log     *output
}

// Start starts a server. Options are lines of redis.conf, such as "appendonly yes". Without any it
// writes nothing to the disk: a restart begins empty.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	return launch(t, "redis-server", options)
}

// StartTLS starts a server that takes connections over TLS only, with certificates that Certs made.
// If clients is set it asks clients for theirs.
func StartTLS(t testing.TB, certs Certs, clients bool, options ...string) *Server {
	t.Helper()
	authenticate := "no"
	if clients {
		authenticate = "yes"
	}
	s := prepare(t, "redis-server")
	s.tls = certs.Config(t)
	s.begin(append([]string{
		"port 0", fmt.Sprint("tls-port ", s.port), "tls-cert-file " + certs.Cert,
		"tls-key-file " + certs.Key, "tls-ca-cert-file " + certs.CA,
		"tls-auth-clients " + authenticate,
	}, options...))
	return s
}

// launch starts a program that listens on a free port.
func launch(t testing.TB, program string, options []string) *Server {
	t.Helper()
	s := prepare(t, program)
	s.begin(append([]string{fmt.Sprint("port ", s.port)}, options...))
	return s
}

// prepare chooses a folder and a port.
func prepare(t testing.TB, program string) *Server {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("%s is missing (apt-get install --no-install-recommends %s)", program, program)
	}
	port := freePort(t)
	s := &Server{
		t: t, program: program, Dir: t.TempDir(), port: port,
		Addr: net.JoinHostPort("127.0.0.1", fmt.Sprint(port)),
	}
	s.config = filepath.Join(s.Dir, "redis.conf")
	t.Cleanup(s.end)
	return s
}

// begin writes the configuration, and starts the process for the first time.
func (s *Server) begin(options []string) {
	s.t.Helper()
	for _, o := range options {
		if password, ok := strings.CutPrefix(o, "requirepass "); ok {
			s.password = password
		}
	}
	lines := append([]string{"bind 127.0.0.1", "dir " + s.Dir}, options...)
	if s.program == "redis-server" {
		lines = append([]string{`save ""`, "repl-diskless-sync-delay 0"}, lines...)
	}
	if err := os.WriteFile(s.config, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.run()
}

// run starts the process, and waits until it answers.
func (s *Server) run() {
	s.t.Helper()
	s.log = new(output)
	cmd := exec.Command(s.program, s.config)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Dir, s.log, s.log
	if err := start(cmd); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	s.process, s.ended = cmd, ended
	s.await("answers", func() bool {
		select {
		case <-ended:
			s.t.Fatalf("%s has ended:\n%s", s.program, s.log)
		default:
		}
		pong, err := s.ask("PING")
		return err == nil && pong == "PONG"
	})
}

// await polls until the condition holds.
func (s *Server) await(what string, holds func() bool) {
	s.t.Helper()
	const patience = 30 * time.Second
	for begin := time.Now(); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > patience {
			s.t.Fatalf("%s at %s: waited in vain until it %s:\n%s", s.program, s.Addr, what, s.log)
		}
	}
}

// ask sends a command.
func (s *Server) ask(args ...string) (any, error) {
	return ask(s.Addr, s.password, s.tls, args...)
}

// end kills the process at the end of the test, and prints its log if the test has failed.
func (s *Server) end() {
	if s.process != nil {
		s.signal(os.Kill)
		<-s.ended
	}
	if s.t.Failed() && s.log != nil {
		s.t.Logf("%s at %s:\n%s", s.program, s.Addr, s.log)
	}
}

// output is what a process has printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
