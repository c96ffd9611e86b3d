//go:build unix

package redistest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// Ports are chosen below those that the kernel gives to outgoing connections, so that the port of
// a server that is stopped for a while stays free. Processes of tests agree on them by locks on
// files.
const (
	firstPort = 10_000
	lastPort  = 32_000
)

// lockedPorts are the files that this process holds locks on.
var lockedPorts struct {
	sync.Mutex
	files map[int]*os.File
}

// freePort returns a port that no other test uses before the end of this one.
func freePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if !lockPort(t, port) {
			continue
		}
		if l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// lockPort reports whether no other test has the port, which this one has from then on.
func lockPort(t testing.TB, port int) bool {
	t.Helper()
	dir := filepath.Join(os.TempDir(), fmt.Sprint("redistest-ports-", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fmt.Sprint(port))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return false
	}
	lockedPorts.Lock()
	defer lockedPorts.Unlock()
	if lockedPorts.files == nil {
		lockedPorts.files = map[int]*os.File{}
	}
	lockedPorts.files[port] = file
	t.Cleanup(func() { unlockPort(port) })
	return true
}

func unlockPort(port int) {
	lockedPorts.Lock()
	defer lockedPorts.Unlock()
	_ = lockedPorts.files[port].Close()
	delete(lockedPorts.files, port)
}
