package transport

import "net/netip"

// Connected returns the number of connections.
func (s *Server) Connected() int { return s.conns.size() - s.repeats.Refusals() }

// Counts returns the numbers of connections by address and by user, for other servers whose limits
// they count for. A server that is shutting down has none: its clients are about to be elsewhere.
func (s *Server) Counts() (byAddress map[netip.Addr]int, byUser map[string]int) {
	if s.Draining() {
		return nil, nil
	}
	return s.connLimits.Counts()
}
