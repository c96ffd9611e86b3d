//go:build !linux

package redistest

import "os/exec"

// start starts a process.
func start(cmd *exec.Cmd) error { return cmd.Start() }
