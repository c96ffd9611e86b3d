package takeover

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain asks for the sockets in a directory, in a process that TestOtherUser has started.
func TestMain(m *testing.M) {
	dir := os.Getenv("ASK_IN")
	if dir == "" {
		os.Exit(m.Run())
	}
	p, err := Ask(dir)
	fmt.Println(p != nil, err)
	os.Exit(0)
}

// TestOtherUser shows that a process of another user is refused though the modes of directory and
// socket would let it in. Only root can start one; for others TestMayTakeOver has to do.
func TestOtherUser(t *testing.T) {
	ask := func(dir string, user *syscall.Credential) string {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = []string{"ASK_IN=" + dir}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: user}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	dir, err := os.MkdirTemp("", "takeover")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	r := run(t, dir)
	if said := ask(dir, nil); said != "true <nil>\n" {
		t.Errorf("the same user: %s", said)
	}
	if os.Getuid() == 0 {
		const nobody = 65534
		for _, path := range []string{dir, filepath.Join(dir, SocketName)} {
			if err := os.Chmod(path, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if said := ask(dir, &syscall.Credential{Uid: nobody, Gid: nobody}); !strings.Contains(said, "of user 65534 may not take over from user 0") {
			t.Errorf("another user: %s", said)
		}
	}
	r.stop()
}
