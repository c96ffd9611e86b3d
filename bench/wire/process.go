package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks is the number of clock ticks in a second of a process' time: 100 on every Linux that Go
// runs on.
const ticks = 100

// cpu returns the user and system time of the process so far.
func (s *server) cpu() time.Duration {
	const utime, stime = 11, 12 // after the name in parentheses
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if err != nil || len(fields) <= stime {
		panic(fmt.Sprintf("%s: no times in /proc: %v", s.name, err))
	}
	user, _ := strconv.ParseInt(fields[utime], 10, 64)
	system, _ := strconv.ParseInt(fields[stime], 10, 64)
	return time.Duration(user+system) * time.Second / ticks
}

// waited returns how long the process' threads were runnable while others had the core.
func (s *server) waited() (sum time.Duration) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.cmd.Process.Pid))
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

// memory returns the resident memory now, and at most since resetPeak, in bytes.
func (s *server) memory() (resident, peak int64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		panic(fmt.Sprintf("%s: no memory in /proc: %v", s.name, err))
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

func (s *server) resetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0)
}

// cores returns the first and the last core that this process may use, "" if there are not two, or
// no taskset.
func cores() (first, last string) {
	out, err := exec.Command("taskset", "-cp", strconv.Itoa(os.Getpid())).Output()
	if err != nil {
		return "", ""
	}
	_, list, _ := strings.Cut(string(out), ": ")
	isBetween := func(r rune) bool { return r == ',' || r == '-' }
	ends := strings.FieldsFunc(strings.TrimSpace(list), isBetween)
	if len(ends) < 2 {
		return "", ""
	}
	return ends[0], ends[len(ends)-1]
}

func pin(cpu string) []string {
	if cpu == "" {
		return nil
	}
	return []string{"taskset", "-c", cpu}
}

// pinned is set in the environment of the process that has moved to its core.
const pinned = "BENCH_WIRE_SERVER_CPU"

// moveOver replaces this process by itself on the last core, so that the runtime counts one core,
// and returns the core that is left for servers.
func moveOver() (serverCPU string, err error) {
	if cpu, moved := os.LookupEnv(pinned); moved {
		return cpu, nil
	}
	first, last := cores()
	if first == "" {
		fmt.Println("taskset is missing or there is only one core: server and generator take each other's time")
		return "", nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return "", err
	}
	args := append(append(pin(last), self), os.Args[1:]...)
	return "", syscall.Exec(taskset, args, append(os.Environ(), pinned+"="+first))
}

// openFiles returns how many files this process may have open.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(limit.Max) // the runtime has raised it
}
