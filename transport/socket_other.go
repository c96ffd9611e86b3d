//go:build !linux

package transport

import "syscall"

const quick = false

func readFD(uintptr, []byte) (int, syscall.Errno)  { return 0, syscall.ENOSYS }
func writeFD(uintptr, []byte) (int, syscall.Errno) { return 0, syscall.ENOSYS }
