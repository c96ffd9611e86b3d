package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// volumeScript mounts an ext4 volume of 64 MiB, the file $0.img, at $0, and becomes its other
// arguments. The mount ends with the process, as its namespace does.
const volumeScript = `mount --make-rprivate / && truncate -s 64M "$0.img" && mkfs.ext4 -q "$0.img" && ` +
	`mount -o loop "$0.img" "$0" && chmod 700 "$0" && exec "$@"`

// TestReadOnlyDisk makes the files of a server read-only while people write, those that it has open
// too: people are notified, /readyz says 503, and once the files can be written again everything
// that was typed meanwhile is stored and shown, without a restart. The kernel refuses to remount a
// file system read-only while files are open for writing; to a program that writes to them,
// immutable files are the same.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	s := startOnVolume(t)
	ann, jane := join(t, s, "readonly", "ann", 3), newClient(t, "jane")
	jane.openWith(s, "readonly", args{"version": "json"})
	ann.writes("before ")
	converge(t, ann)
	s.setImmutable("+i")
	for i := range 20 {
		ann.writes(fmt.Sprintf("%d ", i))
	}
	jane.wait(args{"notice": "Your changes are kept here, but cannot be stored at the moment; others see them when they are"})
	s.untilMetrics("it is not ready", func(string) bool { return s.metric("realtime_ready") == 0 })
	s.setImmutable("-i")
	jane.wait(args{"notice": "Your changes are stored again"})
	s.untilMetrics("it is ready", func(string) bool { return s.metric("realtime_ready") == 1 })
	jane.shows("before ", "19 ")
	converge(t, ann)
	ann.mustBeUndisturbed()
}

// startOnVolume starts a server whose data directory is a file system of its own.
func startOnVolume(t *testing.T) *server {
	t.Helper()
	base := t.TempDir()
	dir, addr := filepath.Join(base, "volume"), freeAddr(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	probe := strings.Replace(volumeScript, `exec "$@"`, `chattr +i "$0" && chattr -i "$0" && umount "$0"`, 1)
	if out, err := exec.Command("unshare", "-m", "/bin/sh", "-c", probe, dir).CombinedOutput(); err != nil {
		t.Skipf("no volume with files that can be made read-only: %v: %s; TestFullDisk runs anywhere", err, out)
	}
	s := launchAs(t, "unshare", "-m", "/bin/sh", "-c", volumeScript, dir,
		serverBinary, "serve", "--listen", addr, "--data-dir", filepath.Join(dir, "data"), "--dev")
	s.dir = dir
	s.awaitListening()
	return s
}

// setImmutable makes the files and directories of the volume immutable with "+i", and mutable again
// with "-i".
func (s *server) setImmutable(attribute string) {
	s.t.Helper()
	s.inNamespace(`find "$0" \( -type f -o -type d \) -exec chattr ` + attribute + ` {} +`)
}
