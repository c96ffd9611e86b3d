//go:build !linux

package takeover

import "net"

// checkUser relies on the modes of the socket (0600) and the data directory (0700).
func checkUser(*net.UnixConn) error { return nil }
