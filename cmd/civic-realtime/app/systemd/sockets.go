package systemd

import (
	"fmt"
	"net"

	"github.com/coreos/go-systemd/v22/activation"
)

// Names of sockets in a .socket file (FileDescriptorName=).
const (
	Public = "public"
	Admin  = "admin"
)

// Sockets returns the TCP sockets that systemd has opened for this process, by name; none if it was
// started otherwise. Sockets that have other names than Public and Admin get these in order, as
// FileDescriptorName= is optional: the first is the public one. The environment is cleared, so that
// child processes do not take them for theirs.
func Sockets() (map[string]*net.TCPListener, error) {
	sockets := make(map[string]*net.TCPListener)
	var others []*net.TCPListener
	for _, file := range activation.Files(true) {
		name := file.Name()
		l, err := net.FileListener(file)
		_ = file.Close()
		if err != nil {
			return nil, fmt.Errorf("socket %s of systemd: %w; "+
				"the .socket file needs ListenStream= and Accept=no", name, err)
		}
		tcp, ok := l.(*net.TCPListener)
		switch {
		case !ok:
			return nil, fmt.Errorf("socket %s of systemd: %s is no TCP socket", name, l.Addr())
		case (name == Public || name == Admin) && sockets[name] != nil:
			return nil, fmt.Errorf("socket %s of systemd: there are two", name)
		case name == Public || name == Admin:
			sockets[name] = tcp
		default:
			others = append(others, tcp)
		}
	}
	return sockets, assign(sockets, others)
}

// assign gives the sockets without a name of ours those that are free.
func assign(sockets map[string]*net.TCPListener, others []*net.TCPListener) error {
	for _, name := range []string{Public, Admin} {
		if len(others) > 0 && sockets[name] == nil {
			sockets[name], others = others[0], others[1:]
		}
	}
	if len(others) > 0 {
		return fmt.Errorf("socket %s of systemd: there are more sockets than public and admin",
			others[0].Addr())
	}
	return nil
}
