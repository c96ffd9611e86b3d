package redistest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// URL returns the address for clients.
func (s *Server) URL() string {
	scheme, user := "redis", ""
	if s.tls != nil {
		scheme = "rediss"
	}
	if s.password != "" {
		user = ":" + s.password + "@"
	}
	return fmt.Sprintf("%s://%s%s", scheme, user, s.Addr)
}

// Do sends a command, and returns its answer: a string, an int64, a []any, or nil.
func (s *Server) Do(args ...string) any {
	s.t.Helper()
	reply, err := s.ask(args...)
	if err != nil {
		s.t.Fatalf("%.200q at %s: %v", args, s.Addr, err)
	}
	return reply
}

// Stop ends the process as an init system does: it saves what it is told to save. It returns when
// the process has ended.
func (s *Server) Stop() {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	s.gone()
}

// Kill ends the process with SIGKILL, and returns when it has ended.
func (s *Server) Kill() {
	s.t.Helper()
	s.signal(os.Kill)
	s.gone()
}

// Pause stops the process with SIGSTOP: its connections stay, and nothing is answered.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

// Restart starts a process that was stopped or killed again, with its folder and its port.
func (s *Server) Restart() {
	s.t.Helper()
	if s.process != nil {
		s.t.Fatalf("%s at %s still runs", s.program, s.Addr)
	}
	s.run()
}

// Flush deletes all that is stored.
func (s *Server) Flush() {
	s.t.Helper()
	s.Do("FLUSHALL")
}

// Replica starts a replica, and returns when it has everything that the server has.
func (s *Server) Replica(options ...string) *Server {
	s.t.Helper()
	host, port, _ := strings.Cut(s.Addr, ":")
	all := []string{fmt.Sprintf("replicaof %s %s", host, port)}
	if s.password != "" {
		all = append(all, "masterauth "+s.password, "requirepass "+s.password)
	}
	r := launch(s.t, "redis-server", append(all, options...))
	r.await("is a replica", func() bool { return r.value("master_link_status") == "up" })
	s.await("knows its replica", func() bool {
		return strings.Contains(s.value(""), fmt.Sprint("port=", r.port, ",state=online"))
	})
	return r
}

// CutOff makes a replica follow nobody's writes any more, without a word to the server that it
// followed: what is written there from then on is lost when the replica takes over.
func (s *Server) CutOff() {
	s.t.Helper()
	s.Do("REPLICAOF", "127.0.0.1", "1")
}

// Promote makes a replica a server that takes writes.
func (s *Server) Promote() {
	s.t.Helper()
	s.Do("REPLICAOF", "NO", "ONE")
}

// Info returns a value of INFO; without a name all of it.
func (s *Server) Info(name string) string {
	s.t.Helper()
	return s.value(name)
}

// value returns a value of INFO; without a name all of it.
func (s *Server) value(name string) string {
	s.t.Helper()
	text, _ := s.Do("INFO", "everything").(string)
	if name == "" {
		return text
	}
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return value
		}
	}
	return ""
}

// PID returns the process id.
func (s *Server) PID() int { return s.process.Process.Pid }

// CPU returns the processor time that the process has taken.
func (s *Server) CPU() (total time.Duration) {
	s.t.Helper()
	for _, name := range []string{"used_cpu_sys", "used_cpu_user"} {
		seconds, err := strconv.ParseFloat(s.value(name), 64)
		if err != nil {
			s.t.Fatal(err)
		}
		total += time.Duration(seconds * float64(time.Second))
	}
	return total
}

// Log returns what the process has printed.
func (s *Server) Log() string { return s.log.String() }

func (s *Server) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(sig); err != nil {
		s.t.Errorf("%s at %s: %v: %v", s.program, s.Addr, sig, err)
	}
}

// gone waits until the process has ended.
func (s *Server) gone() {
	<-s.ended
	s.process = nil
}
