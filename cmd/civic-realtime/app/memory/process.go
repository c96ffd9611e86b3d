package memory

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"runtime/metrics"
	"strings"
)

// ofProcess returns the memory of the process without that of files, and that of the TCP sockets of
// its network namespace, in bytes. Where the system does not say, it is what Go has.
func ofProcess(files fs.FS) int64 {
	var size, resident, shared int64
	text, err := fs.ReadFile(files, "proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &size, &resident, &shared)
	}
	if err != nil {
		return ofRuntime()
	}
	page := int64(os.Getpagesize())
	return (resident-shared)*page + ofSockets(files)*page
}

// ofSockets returns the number of pages of all TCP sockets.
func ofSockets(files fs.FS) (pages int64) {
	text, err := fs.ReadFile(files, "proc/net/sockstat")
	if err != nil {
		return 0
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		rest, found := strings.CutPrefix(lines.Text(), "TCP:")
		if _, after, ok := strings.Cut(rest, " mem "); found && ok {
			_, _ = fmt.Sscan(after, &pages) // 0 if it is none
		}
	}
	return pages
}

// ofRuntime returns the memory that Go has from the system.
func ofRuntime() int64 {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}

// ofMachine returns the memory of the machine in bytes, 0 if that is not known.
func ofMachine(files fs.FS) (n int64) {
	text, err := fs.ReadFile(files, "proc/meminfo")
	if err != nil {
		return 0
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemTotal:"); ok {
			_, _ = fmt.Sscan(rest, &n) // 0 if it is none
		}
	}
	return n << 10
}
