// Package process starts servers as processes of their own, and reads what they use from /proc and
// from their CPU clock. It needs Linux.
//
// Files, in layers; each uses only what is listed before it:
//
//	pin.go                     processors
//	process.go                 start and end of a server
//	cpu_linux.go cpu_other.go  CPU time of a process
//	usage.go                   waiting time and memory of a process
package process

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"time"
)

// Process is a running server.
type Process struct {
	Addr string // that it announced, host:port
	cmd  *exec.Cmd
}

// ErrSilent is returned by Start for a server that announces no address.
var ErrSilent = errors.New("it does not listen")

// ErrEnded is returned by Start for a server that ends before it announces an address.
var ErrEnded = errors.New("it ended before it listened")

const (
	startTimeout = 30 * time.Second
	endTimeout   = 15 * time.Second
)

// Start runs a command, whose standard error is ours, and waits until it prints "listening on
// http://" and its address. env is added to the environment. When ctx is done, the process is
// asked to end.
func Start(ctx context.Context, env []string, command ...string) (*Process, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = endTimeout
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd}
	if p.Addr, err = announced(out); err != nil {
		p.End()
		return nil, err
	}
	return p, nil
}

// StartAt runs a command that announces nothing, and listens on addr before long.
func StartAt(ctx context.Context, addr string, command ...string) (*Process, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{Addr: addr, cmd: cmd}
	for begin := time.Now(); time.Since(begin) < startTimeout; time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			return p, conn.Close()
		}
	}
	p.End()
	return nil, ErrSilent
}

// Kill ends the process with SIGKILL, and waits for that.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// Stop asks the process to end, and does not wait.
func (p *Process) Stop() { _ = p.cmd.Process.Signal(syscall.SIGTERM) }

// End asks the process to end, waits for that, and kills it if it takes too long.
func (p *Process) End() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(endTimeout, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	_ = p.cmd.Wait()
}

var listening = regexp.MustCompile(`listening on https?://([0-9.]+:[0-9]+)`)

// announced reads the address from a server's first lines, and goes on reading.
func announced(out io.ReadCloser) (string, error) {
	found := make(chan string, 1)
	go func() {
		defer close(found)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				found <- m[1]
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case addr, ok := <-found:
		if ok {
			return addr, nil
		}
		return "", ErrEnded
	case <-time.After(startTimeout):
		return "", ErrSilent
	}
}
