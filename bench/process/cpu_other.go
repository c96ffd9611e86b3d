//go:build !linux

package process

import "time"

// CPU panics: it needs Linux.
func (p *Process) CPU() time.Duration { panic("the CPU time of another process needs Linux") }
