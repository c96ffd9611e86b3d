package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait for something that must happen. It claims nothing about speed.
const patience = 30 * time.Second

const asCommand = "RUN_AS_CIVIC_REALTIME"

// TestMain runs the tests or, with asCommand set, the command: tests start their own binary in that
// way.
func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is one run of the command.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout *bufio.Reader
	stderr bytes.Buffer
}

// start runs the command with args in an empty directory. Its environment is env, and an admin API
// on any free port.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(self, args...)}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = append([]string{asCommand + "=1", "CIVIC_REALTIME_ADMIN_LISTEN=127.0.0.1:0", "CIVIC_REALTIME_LOG_FORMAT=text"}, env...)
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
	})
	return p
}

// listening waits until the server listens, and returns its output so far and its address.
func (p *process) listening() (output, addr string) {
	p.t.Helper()
	const words = "listening on http://"
	for {
		line, err := p.stdout.ReadString('\n')
		if output += line; err != nil {
			_, code := p.end()
			p.t.Fatalf("it does not listen: %s%s(exit code %d)", output, &p.stderr, code)
		}
		if _, rest, ok := strings.Cut(line, words); ok {
			return output, rest[:strings.IndexFunc(rest, func(r rune) bool { return r != ':' && r != '.' && (r < '0' || r > '9') })]
		}
	}
}

// end waits for the end of the process, and returns the rest of its stdout, and its exit code.
func (p *process) end() (output string, code int) {
	p.t.Helper()
	dead := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer dead.Stop()
	rest, _ := io.ReadAll(p.stdout)
	_ = p.cmd.Wait() // the exit code has the result
	return string(rest), p.cmd.ProcessState.ExitCode()
}

// mustEnd checks the exit code, and that stderr has the reasons.
func (p *process) mustEnd(want int, reasons ...string) {
	p.t.Helper()
	output, code := p.end()
	if code != want {
		p.t.Errorf("exit code %d, want %d: %s%s", code, want, output, &p.stderr)
	}
	for _, reason := range reasons {
		if !strings.Contains(p.stderr.String(), reason) {
			p.t.Errorf("stderr does not say %q:\n%s", reason, &p.stderr)
		}
	}
}
