package process

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

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

// Pin returns the words before a command that keep it on a core; "": on any.
func Pin(cpu string) []string {
	if cpu == "" {
		return nil
	}
	return []string{"taskset", "-c", cpu}
}

// moved is set in the environment of the process that has moved to its core.
const moved = "BENCH_SERVER_CPU"

// MoveOver replaces this process by itself on the last core, so that the runtime counts one core,
// and returns the core that is left for servers.
func MoveOver() (serverCPU string, err error) {
	if cpu, ok := os.LookupEnv(moved); ok {
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
	args := append(append(Pin(last), self), os.Args[1:]...)
	return "", syscall.Exec(taskset, args, append(os.Environ(), moved+"="+first))
}
