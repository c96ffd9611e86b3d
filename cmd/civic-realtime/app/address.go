package app

import (
	"fmt"
	"net"
	"strconv"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sockets"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// setListen sets host and port to the value of --listen.
func (c *Config) setListen(address string) error {
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	var p yamlfile.Port
	if wants := p.Parse(number); wants != "" {
		return fmt.Errorf("--listen: %q is not %s", number, wants)
	}
	c.Host, *c.Port = host, p
	return nil
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
