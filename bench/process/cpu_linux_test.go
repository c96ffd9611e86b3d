package process

import (
	"testing"
	"time"
)

// TestCPU shows that the CPU time of a process that runs is what it has used when it ends, but for
// what ending takes.
func TestCPU(t *testing.T) {
	const script = `i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done
		echo listening on http://127.0.0.1:1; exec tail -f /dev/null`
	p, err := Start(t.Context(), nil, "sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	running := p.CPU()
	p.End()
	total := p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	const rounding = 2 * time.Microsecond // user and system time are reported in whole ones
	if running <= total/2 || running > total+rounding {
		t.Errorf("%v of CPU while it runs, %v when it has ended", running, total)
	}
}
