package app

import (
	"fmt"
	"net"
	"strconv"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sockets"
)

// setListen sets host and port to those of an address, and fails if it is none.
func setListen(s *settings.Settings, address string, from settings.Origin) {
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		s.Fail(fmt.Errorf("%s: %w", from.Name, err))
		return
	}
	if number == "" { // an empty value would stand for the default
		s.Fail(fmt.Errorf("%s: the port is missing in %q", from.Name, address))
		return
	}
	s.Set("host", host, from)
	s.Set("port", number, from)
}

// address returns the address to listen on. In development mode it must be a loopback address.
func (c *Config) address() (*net.TCPAddr, error) {
	a, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(c.Host, strconv.Itoa(int(*c.Port))))
	if err != nil {
		return nil, err
	}
	if c.dev && !a.IP.IsLoopback() {
		return nil, fmt.Errorf("--dev lets everybody in, so it listens on loopback addresses only, such as 127.0.0.1, and not on %q", c.Host)
	}
	return a, nil
}

// offerIn returns the data directory in which other processes can take over, empty for none: a
// disabled server has not opened it.
func (c *Config) offerIn(dir string) string {
	if !c.enabled() {
		return ""
	}
	return dir
}

// sockets returns the sockets that a server with the data directory dir wants; public is its
// address. A disabled server takes nothing over, as it opens no data.
func (c *Config) sockets(public *net.TCPAddr, dir string) sockets.Wanted {
	w := sockets.Wanted{Public: public, Loopback: c.dev, Dir: dir}
	w.Takeover = c.takeover && c.enabled()
	if *c.Admin.Listen != "" {
		// An address that does not resolve is an error when the admin API is opened.
		w.Admin, _ = net.ResolveTCPAddr("tcp", *c.Admin.Listen)
	}
	return w
}
