package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// killAfter is how long a program that was told to end may keep its output open.
const killAfter = 5 * time.Second

// errSilent is the error of a program that was ended as its time was over.
var errSilent = errors.New("no answer")

// run runs a program in a folder, and returns its output, also if it fails. With the programs that
// it has started it is ended when the time is over.
func run(ctx context.Context, dir string, timeout time.Duration, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var errorOutput bytes.Buffer
	cmd.Dir, cmd.Stderr, cmd.WaitDelay = dir, &errorOutput, killAfter
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.Output()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return out, fmt.Errorf("%w within %s", errSilent, timeout)
	}
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		err = errors.New(lastLine(errorOutput.String(), err.Error()))
	}
	return out, err
}

// lastLine returns the last line of a text that says something, but "exit status" of go run.
func lastLine(text, otherwise string) string {
	last := otherwise
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "exit status") {
			last = line
		}
	}
	return last
}
