//go:build unix

package takeover

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// maxSockets is how many sockets a message may have.
const maxSockets = 8

// descriptorSpace is the space for the descriptors of a message, in bytes.
var descriptorSpace = syscall.CmsgSpace(4 * maxSockets)

// withRights calls f with the control message that passes the descriptors of sockets on.
func withRights(sockets []Socket, fds []int, f func(rights []byte) error) error {
	if len(sockets) == 0 {
		return f(syscall.UnixRights(fds...))
	}
	raw, err := sockets[0].Listener.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	err = raw.Control(func(fd uintptr) {
		failure = withRights(sockets[1:], append(fds, int(fd)), f)
	})
	return firstError(err, failure)
}

// listenersOf returns the listeners for the descriptors of a control message.
func listenersOf(rights []byte) (all []*net.TCPListener, err error) {
	messages, err := syscall.ParseSocketControlMessage(rights)
	if err != nil {
		return nil, err
	}
	for i := range messages {
		fds, err := syscall.ParseUnixRights(&messages[i])
		if err != nil {
			return all, err
		}
		for _, fd := range fds {
			l, err := listenerOf(os.NewFile(uintptr(fd), "socket"))
			if err != nil {
				return all, err
			}
			all = append(all, l)
		}
	}
	return all, nil
}

// listenerOf returns the listener of a descriptor, which it closes.
func listenerOf(file *os.File) (*net.TCPListener, error) {
	defer file.Close()
	l, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		_ = l.Close()
		return nil, fmt.Errorf("%s is no TCP socket", l.Addr())
	}
	return tcp, nil
}
