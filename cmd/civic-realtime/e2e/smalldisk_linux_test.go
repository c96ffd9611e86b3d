package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestSmallDisk fills the disk of a server, a small tmpfs in a mount namespace of its own: people
// are notified, /readyz says 503, and once there is room again everything that was typed meanwhile
// is stored and shown, and nobody has to do anything. Only root may mount; TestFullDisk shows the
// same with a limit of file sizes.
func TestSmallDisk(t *testing.T) {
	t.Parallel()
	s := startOnSmallDisk(t)
	ann, jane := join(t, s, "full", "ann", 3), newClient(t, "jane")
	jane.openWith(s, "full", args{"version": "json"})
	ann.writes("before ")
	s.inNamespace("dd if=/dev/zero of=$0/filler bs=4096 2>/dev/null; true")
	for i := range 40 { // what the log and the pages of the database have room for is stored
		ann.writes(fmt.Sprintf("%d:%s ", i, strings.Repeat("x", 100_000)))
	}
	jane.wait(args{"notice": "Your changes are kept here, but cannot be stored at the moment; others see them when they are"})
	s.untilMetrics("it is not ready", func(string) bool { return s.metric("realtime_ready") == 0 })
	s.inNamespace("rm $0/filler")
	jane.wait(args{"notice": "Your changes are stored again"})
	s.untilMetrics("it is ready", func(string) bool { return s.metric("realtime_ready") == 1 })
	converge(t, ann)
	ann.mustBeUndisturbed()
}

// startOnSmallDisk starts a server whose data directory is a tmpfs of 16 MiB.
func startOnSmallDisk(t *testing.T) *server {
	t.Helper()
	if os.Getuid() != 0 || exec.Command("unshare", "-m", "true").Run() != nil {
		t.Skip("only root may mount; TestFullDisk runs anywhere")
	}
	dir, addr := t.TempDir(), freeAddr(t)
	script := `mount --make-rprivate / && mount -t tmpfs -o size=16m,mode=700 tmpfs "$0" && exec "$@"`
	s := launchAs(t, "unshare", "-m", "/bin/sh", "-c", script, dir, serverBinary, "serve", "--listen", addr, "--data-dir", dir, "--dev")
	s.dir = dir
	s.awaitListening()
	return s
}

// inNamespace runs a shell script where the server has its data directory, which is $0.
func (s *server) inNamespace(script string) {
	s.t.Helper()
	cmd := exec.Command("nsenter", "-t", fmt.Sprint(s.cmd.Process.Pid), "-m", "/bin/sh", "-c", script, s.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
}
