//go:build !linux

package process

import "time"

// CPU panics: it needs Linux.
func (p *Process) CPU() time.Duration { panic("the CPU time of another process needs Linux") }

// OwnCPU returns the time since the start of this process, as CPU time needs Linux here.
func OwnCPU() time.Duration { return time.Since(started) }

var started = time.Now()
