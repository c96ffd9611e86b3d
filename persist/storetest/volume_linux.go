package storetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A Volume is a file system that can be frozen, as one is while a snapshot of it is taken: calls
// that write block until it is thawed, and their threads cannot be killed.
type Volume struct {
	Dir string // where it is mounted

	t        testing.TB
	watchdog *exec.Cmd // thaws it in the end
}

// volumeSize is enough for a database that has grown a few times, in bytes. The file is sparse.
const volumeSize = 256 << 20

// NewVolume mounts a volume until the test ends. It skips the test where that is not
// allowed: it takes root, a loop device and mkfs.ext4.
func NewVolume(t testing.TB) *Volume {
	t.Helper()
	base := t.TempDir()
	image, v := filepath.Join(base, "image"), &Volume{Dir: filepath.Join(base, "volume"), t: t}
	if err := os.Mkdir(v.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, volumeSize); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][]string{
		{"mkfs.ext4", "-q", "-F", image}, {"mount", "-o", "loop", image, v.Dir},
	} {
		if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			t.Skipf("no file system can be mounted here: %s: %v\n%s", c[0], err, out)
		}
	}
	t.Cleanup(v.unmount)
	return v
}

// Freeze returns once nothing is written to the volume any more. A process of its own
// thaws it after a minute, so that a test that hangs on it fails.
func (v *Volume) Freeze() {
	v.t.Helper()
	v.watchdog = exec.Command("sh", "-c", `sleep 60; fsfreeze -u "$0"`, v.Dir)
	if err := v.watchdog.Start(); err != nil {
		v.t.Fatal(err)
	}
	if out, err := exec.Command("fsfreeze", "-f", v.Dir).CombinedOutput(); err != nil {
		v.t.Fatalf("fsfreeze -f: %v\n%s", err, out)
	}
}

// Thaw fails the test if the volume is not frozen any more.
func (v *Volume) Thaw() {
	v.t.Helper()
	if out, err := v.thaw(); err != nil {
		v.t.Errorf("the volume was thawed before the test did so: %v\n%s", err, out)
	}
}

func (v *Volume) thaw() (out []byte, err error) {
	_ = v.watchdog.Process.Kill()
	_ = v.watchdog.Wait()
	v.watchdog = nil
	return exec.Command("fsfreeze", "-u", v.Dir).CombinedOutput()
}

// unmount is lazy: a test that failed may have left files open.
func (v *Volume) unmount() {
	if v.watchdog != nil {
		_, _ = v.thaw()
	}
	if out, err := exec.Command("umount", "-l", v.Dir).CombinedOutput(); err != nil {
		v.t.Errorf("umount: %v\n%s", err, out)
	}
}
