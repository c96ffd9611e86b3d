package handon

import (
	"net"
	"sync/atomic"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// begin starts a session whose frames are sent at ticks. start is mux.Client or mux.Server.
func (c *Config) begin(
	start func(net.Conn, mux.Config) *mux.Session, conn net.Conn, cfg mux.Config,
) *mux.Session {
	var session atomic.Pointer[mux.Session] // nil until it is known here
	if c.AtTicks != nil {
		cfg.Soon = c.AtTicks(func() {
			if s := session.Load(); s != nil {
				s.Flush()
			}
		})
	}
	s := start(conn, cfg)
	session.Store(s)
	s.Flush() // what was to be sent meanwhile
	return s
}
