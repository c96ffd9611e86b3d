package takeover

import "net"

// Socket is a listening socket that is passed on.
type Socket struct {
	// Name is "public" or "admin".
	Name string
	// Listener is the socket. It belongs to whoever has the Socket.
	Listener *net.TCPListener
	// Kept says that another process, such as systemd, holds the socket open as well.
	Kept bool
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// mayTakeOver reports whether a process of a user may take over from one of another.
func mayTakeOver(user, from int) bool { return user == from || user == 0 }
