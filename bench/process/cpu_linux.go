package process

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// CPU returns the user and system time of the process so far, in nanoseconds as the scheduler
// counts them. It panics after End or Kill.
func (p *Process) CPU() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(cpuClock(p.cmd.Process.Pid), &t); err != nil {
		panic(fmt.Sprintf("%s: no CPU time: %v", p.cmd.Path, err))
	}
	return time.Duration(t.Nano())
}

// OwnCPU returns the user and system time of this process so far.
func OwnCPU() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic("no CPU time: " + err.Error())
	}
	return time.Duration(t.Nano())
}

// cpuClock returns the id of the clock that counts the CPU time of all threads of a process, as
// clock_getcpuclockid(3) does.
func cpuClock(pid int) int32 {
	const sched = 2 // CPUCLOCK_SCHED of the kernel: time that the scheduler has counted, not ticks
	return int32(^pid<<3 | sched)
}
