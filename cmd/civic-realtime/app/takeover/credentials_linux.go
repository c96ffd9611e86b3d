package takeover

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// checkUser returns an error if the process at the other end belongs to another user, who is not
// root either.
func checkUser(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var cred *syscall.Ucred
	var failure error
	err = raw.Control(func(fd uintptr) {
		cred, failure = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err != nil || failure != nil {
		return fmt.Errorf("who asks is not known: %w", firstError(err, failure))
	}
	if !mayTakeOver(int(cred.Uid), os.Getuid()) {
		return fmt.Errorf("process %d of user %d may not take over from user %d",
			cred.Pid, cred.Uid, os.Getuid())
	}
	return nil
}
