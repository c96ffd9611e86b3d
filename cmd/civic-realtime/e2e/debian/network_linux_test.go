package debian

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// dialIn connects to an address in the network of a process.
func dialIn(pid int, addr string) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	dialled := make(chan result)
	go func() {
		runtime.LockOSThread() // it ends with the goroutine: its network is never that of others
		network, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
		if err == nil {
			defer network.Close()
			err = unix.Setns(int(network.Fd()), unix.CLONE_NEWNET)
		}
		if err != nil {
			dialled <- result{err: err}
			return
		}
		conn, err := (&net.Dialer{Timeout: patience}).Dial("tcp", addr)
		if err == nil {
			err = conn.SetDeadline(time.Now().Add(patience))
		}
		dialled <- result{conn, err}
	}()
	r := <-dialled
	return r.conn, r.err
}
