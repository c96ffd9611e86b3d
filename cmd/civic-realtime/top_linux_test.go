package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is a pseudo-terminal in which a command runs.
type terminal struct {
	t    *testing.T
	file *os.File
	cmd  *exec.Cmd
	seen bytes.Buffer
}

// inTerminal runs a command in a terminal of 80 × 24.
func inTerminal(t *testing.T, args ...string) *terminal {
	t.Helper()
	cmd := exec.Command(must(os.Executable()), args...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{asCommand + "=1", "TERM=xterm"}
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, file: file, cmd: cmd}
	dead := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		dead.Stop()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = file.Close()
	})
	return x
}

// until reads until the terminal has been sent a text, after what was read before.
func (x *terminal) until(text string) {
	x.t.Helper()
	for b := make([]byte, 4096); ; {
		if at := strings.Index(x.seen.String(), text); at >= 0 {
			x.seen.Next(at + len(text))
			return
		}
		n, err := x.file.Read(b)
		if x.seen.Write(b[:n]); err != nil {
			x.t.Fatalf("%v before %q; read at last: %q", err, text, x.seen.Bytes()[max(0, x.seen.Len()-1000):])
		}
	}
}

// press sends keys.
func (x *terminal) press(keys string) {
	x.t.Helper()
	if _, err := x.file.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

// end waits for the end of the command, and returns its exit code.
func (x *terminal) end() int {
	for b := make([]byte, 4096); ; {
		if _, err := x.file.Read(b); err != nil {
			break // the terminal has no process any more
		}
	}
	_ = x.cmd.Wait()
	return x.cmd.ProcessState.ExitCode()
}

// TestTop shows that top fills the terminal, follows its size and the keys, says when the server is
// gone, finds the next one at another address, and gives the terminal back.
func TestTop(t *testing.T) {
	o := serveOperated(t, "--dev")
	<-play(t, o.addr, "", direct).hello
	x := inTerminal(t, "top", "--every", "100ms", "--data-dir", o.dir)
	x.until("\x1b[?1049h")
	x.until("civic-realtime 0.1.0, up ")
	x.until("record:a" + strings.Repeat(" ", 18) + "live             1 ")
	x.until("q quit   sorted by updates")
	x.press("n")
	x.until("q quit   sorted by name")
	if err := pty.Setsize(x.file, &pty.Winsize{Rows: 10, Cols: 40}); err != nil {
		t.Fatal(err)
	}
	x.until("q quit   sorted by name: n name, s size…")
	o.command(0, "drain")
	o.mustEnd(0)
	x.until("no server answers at ")
	start(t, nil, "serve", "--dev", "--listen", "127.0.0.1:0", "--data-dir", o.dir).listening()
	x.until("q quit")
	x.press("q")
	x.until("\x1b[?25h\x1b[?1049l")
	if code := x.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestTopEnds shows that ^C ends top, that it takes no terminal over if there is no server, and
// that it needs one.
func TestTopEnds(t *testing.T) {
	o := serveOperated(t, "--dev")
	x := inTerminal(t, "top", "--data-dir", o.dir)
	x.until("q quit")
	x.press("\x03")
	if code := x.end(); code != 0 {
		t.Errorf("^C: exit code %d", code)
	}
	o.mustRefuse(1, "top needs a terminal", "top")
	o.mustRefuse(2, "top has no JSON", "top", "--json")
	o.command(0, "drain")
	o.mustEnd(0)
	o.mustRefuse(3, "no server with an admin API runs", "top")
}
