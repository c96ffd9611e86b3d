package capacity

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// Machine is what there is to use.
type Machine struct {
	Cores       int    `json:"cores"`
	MemoryBytes int64  `json:"memory_bytes"`
	OpenFiles   uint64 `json:"open_files"` // that the process may have
}

// spareFiles is how many files the server has open beside its connections.
const spareFiles = 100

// people returns how many connections can be made, a multiple of inRoom.
func (m Machine) people() int {
	const ports = 25_000 // that one client address has for connections to one port, at least
	return int(min(m.OpenFiles-spareFiles, ports)) / inRoom * inRoom
}

func thisMachine() (m Machine, err error) {
	m.Cores = runtime.GOMAXPROCS(0)
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return m, err
	}
	m.OpenFiles = uint64(files.Max) // signed on FreeBSD; the runtime raises the limit to this
	if m.OpenFiles < 2*spareFiles {
		return m, fmt.Errorf("only %d files may be open: raise the limit (ulimit -n)", m.OpenFiles)
	}
	m.MemoryBytes, err = memory()
	return m, err
}

// memory returns the memory of the machine.
func memory() (int64, error) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "MemTotal: %d kB", &kib); err == nil {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("no MemTotal in /proc/meminfo")
}
