package mux

import "net"

// Client starts a session that opens streams. It takes c over, and starts two goroutines, which end
// with the session.
func Client(c net.Conn, cfg Config) *Session { return start(newSession(c, cfg, true)) }

// Server starts a session that accepts streams. It takes c over, and starts two goroutines, which
// end with the session.
func Server(c net.Conn, cfg Config) *Session { return start(newSession(c, cfg, false)) }

func start(s *Session) *Session {
	go s.readFrames()
	go s.writeFrames()
	return s
}
