package takeover

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// SocketName is the name of the unix socket in the data directory.
const SocketName = "takeover.sock"

// maxPath is the length of the longest path in an address of a unix socket: 108 bytes on Linux, 104
// elsewhere, with a zero at the end.
const maxPath = 103

// at calls f with a path of the socket in dir that fits into an address. A path that is too long is
// replaced by one through the directory's descriptor, which is open while f runs.
func at(dir string, f func(path string) error) error {
	path := filepath.Join(dir, SocketName)
	if len(path) <= maxPath {
		return f(path)
	}
	if runtime.GOOS != "linux" {
		return fmt.Errorf("the path %s is too long for a socket: it may have %d bytes",
			path, maxPath)
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return f(fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), SocketName))
}
