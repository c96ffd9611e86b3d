package redistest

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// starts is what the goroutine that starts processes does.
var starts = sync.OnceValue(func() chan func() {
	calls := make(chan func())
	go func() {
		// The kernel kills a process when the thread that has started it ends: this one never does.
		runtime.LockOSThread()
		for call := range calls {
			call()
		}
	}()
	return calls
})

// start starts a process that is killed when this process ends, however that happens.
func start(cmd *exec.Cmd) (err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	done := make(chan struct{})
	starts() <- func() {
		err = cmd.Start()
		close(done)
	}
	<-done
	return err
}
