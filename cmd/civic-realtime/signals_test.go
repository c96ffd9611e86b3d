package main

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// page is what the server at addr says at path.
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

// TestHangUp: SIGHUP ends nothing, before a drain and while it lasts.
func TestHangUp(t *testing.T) {
	p := start(t, nil, dev...)
	_, addr := p.listening()
	c := play(t, addr, "", direct)
	<-c.hello
	_ = p.cmd.Process.Signal(syscall.SIGHUP)
	page(t, addr, "/healthz")
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Process.Signal(syscall.SIGHUP)
	if why := <-c.closed; why == nil || why.Code != 4503 {
		t.Errorf("closed with %v", why)
	}
	p.mustEnd(0, "SIGHUP: nothing is read again")
}

// TestReaderGone: when nobody reads any more what is printed and logged, the server serves
// on, and drains when it is told to.
func TestReaderGone(t *testing.T) {
	self, err := os.Executable()
	r, w, pipeErr := os.Pipe()
	if err = errors.Join(err, pipeErr); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, dev...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{asCommand + "=1"}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dead := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer dead.Stop()
	_ = w.Close()
	var addr string
	for said := bufio.NewReader(r); addr == ""; {
		line, err := said.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`listening on http://([0-9.:]+)`).FindStringSubmatch(line); found != nil {
			addr = found[1]
		}
	}
	_ = r.Close()
	for range 2 { // a second line shows that the first one did no harm
		c := play(t, addr, "", direct)
		<-c.hello
	}
	for strings.Contains(page(t, addr, "/metrics"), "realtime_log_lines_lost_total 0\n") {
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}
