package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Waited returns how long the process' threads were runnable while others had the core.
func (p *Process) Waited() (sum time.Duration) {
	threads, _ := filepath.Glob(p.proc("task/*/schedstat"))
	for _, path := range threads {
		b, err := os.ReadFile(path)
		var ran, waited time.Duration
		_, bad := fmt.Sscan(string(b), (*int64)(&ran), (*int64)(&waited))
		if err == nil && bad == nil {
			sum += waited
		}
	}
	return sum
}

// Memory returns the resident memory now, and at most since ResetPeak, in bytes.
func (p *Process) Memory() (resident, peak int64) {
	b, err := os.ReadFile(p.proc("status"))
	if err != nil {
		panic(fmt.Sprintf("%s: no memory in /proc: %v", p.cmd.Path, err))
	}
	for line := range strings.Lines(string(b)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			resident = kib << 10
		} else if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			peak = kib << 10
		}
	}
	return resident, peak
}

// ResetPeak makes Memory report the peak from now on.
func (p *Process) ResetPeak() error { return os.WriteFile(p.proc("clear_refs"), []byte("5"), 0) }

func (p *Process) proc(name string) string {
	return fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name)
}
