package main

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// page returns the body that the server at addr answers for path.
func page(t *testing.T, addr, path string) string {
	t.Helper()
	resp, err := http.Get("http://" + addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, resp.Status, err)
	}
	return string(body)
}

// piped is a server that prints and logs to one pipe.
type piped struct {
	t      *testing.T
	cmd    *exec.Cmd
	output *bufio.Reader
	pipe   *os.File
	addr   string
}

func startPiped(t *testing.T, args ...string) *piped {
	t.Helper()
	self, err := os.Executable()
	r, w, pipeErr := os.Pipe()
	if err = errors.Join(err, pipeErr); err != nil {
		t.Fatal(err)
	}
	p := &piped{t: t, cmd: exec.Command(self, slices.Concat(dev, args)...), output: bufio.NewReader(r), pipe: r}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = []string{asCommand + "=1", "CIVIC_REALTIME_ADMIN_LISTEN=127.0.0.1:0"}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dead := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	t.Cleanup(func() {
		dead.Stop()
		_ = p.cmd.Process.Kill() // unless it has ended
		_ = p.cmd.Wait()
		_ = r.Close()
	})
	_ = w.Close()
	p.addr = p.until(`listening on http://([0-9.:]+)`)
	return p
}

// until reads until a line matches, and returns the last group of that.
func (p *piped) until(pattern string) string {
	p.t.Helper()
	for what := regexp.MustCompile(pattern); ; {
		line, err := p.output.ReadString('\n')
		if err != nil {
			p.t.Fatalf("it does not say %s: %v", pattern, err)
		}
		if found := what.FindStringSubmatch(line); found != nil {
			return found[len(found)-1]
		}
	}
}

// TestSIGHUP shows that SIGHUP reloads the configuration, and does not end the server, before or
// during a drain.
func TestSIGHUP(t *testing.T) {
	p := startPiped(t)
	c := play(t, p.addr, "", direct)
	<-c.hello
	_ = p.cmd.Process.Signal(syscall.SIGHUP)
	p.until("configuration reloaded")
	page(t, p.addr, "/healthz")
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Process.Signal(syscall.SIGHUP)
	if why := <-c.closed; why == nil || why.Code != 4503 {
		t.Errorf("closed with %v", why)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}

// TestOutputWithoutReader shows that a server whose output and log are not read any more keeps
// serving, and drains after a signal.
func TestOutputWithoutReader(t *testing.T) {
	p := startPiped(t)
	_ = p.pipe.Close()
	for range 2 { // the second line shows that the server has survived the first
		c := play(t, p.addr, "", direct)
		<-c.hello
	}
	for strings.Contains(page(t, p.addr, "/metrics"), "realtime_log_lines_lost_total 0\n") {
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}
