//go:build unix

package doctor

import "syscall"

// openFiles returns how many files the process may have open. Go raises the soft limit to the hard
// one.
func openFiles() (n uint64, known bool) {
	var l syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l)
	return uint64(l.Max), err == nil
}

// alive reports whether a process with that number runs.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}
