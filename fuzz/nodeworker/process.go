// Package nodeworker runs Node for tests and measurements: scripts that run once, and workers,
// which answer requests until they are stopped.
//
// Files, in layers; each uses only what is listed before it:
//
//	process.go  a Node process with pipes, and a script that runs once
//	worker.go   requests and answers, as JSON with blobs
package nodeworker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Process is a Node process. Its owner reads Out and calls Wait once.
type Process struct {
	In  io.WriteCloser
	Out io.Reader

	cmd *exec.Cmd
}

// Start runs Node with these arguments, a script's path among them. What it writes to stderr goes
// to log.
func Start(log io.Writer, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command("node", args...)}
	p.cmd.Stderr = log
	in, inErr := p.cmd.StdinPipe()
	out, outErr := p.cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		return nil, err
	}
	p.In, p.Out = in, out
	return p, p.cmd.Start()
}

// PID returns the process' id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends the process at once.
func (p *Process) Kill() { _ = p.cmd.Process.Kill() }

// Wait waits for the end of the process, after Out was read to its end.
func (p *Process) Wait() error { return p.cmd.Wait() }

// Check returns an error if Node is not on the PATH, or a package that a worker needs not below
// folder/node_modules.
func Check(folder, pkg string) error {
	if _, err := exec.LookPath("node"); err != nil {
		return errors.New("node is not on the PATH: Node 20 is needed")
	}
	if _, err := os.Stat(folder + "/node_modules/" + pkg); err != nil {
		return fmt.Errorf("%s is not installed: run `npm ci` in %s (make test does)", pkg, folder)
	}
	return nil
}

// Run runs a script to its end and returns its output.
func Run(ctx context.Context, args ...string) ([]byte, error) {
	var errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Stderr = io.MultiWriter(os.Stderr, &errs)
	out, err := cmd.Output()
	if err != nil && bytes.Contains(errs.Bytes(), []byte("ERR_MODULE_NOT_FOUND")) {
		err = fmt.Errorf("%w (run `npm ci` in the script's folder first)", err)
	}
	if err != nil {
		err = fmt.Errorf("node %v: %w", args, err)
	}
	return out, err
}
