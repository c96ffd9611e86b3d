package doctor

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// noLimit is a number of bytes that no machine has: cgroups write such numbers for no limit.
const noLimit = 1 << 60

// MemoryLimit returns the limit on the memory of this process, and where it comes from; 0 if there
// is none.
func MemoryLimit() (bytes uint64, from string) {
	if n := debug.SetMemoryLimit(-1); n < noLimit {
		return uint64(n), "GOMEMLIMIT"
	}
	for _, name := range []string{
		"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
	} {
		if n := readLimit(name); n > 0 {
			return n, name
		}
	}
	return 0, ""
}

// readLimit returns the limit in a file, 0 if it has none.
func readLimit(name string) uint64 {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n >= noLimit { // "max"
		return 0
	}
	return n
}
