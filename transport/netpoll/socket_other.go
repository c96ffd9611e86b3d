//go:build !linux

package netpoll

import (
	"net"
	"time"
)

// LimitSilence does nothing here.
func LimitSilence(net.Conn, time.Duration) {}
