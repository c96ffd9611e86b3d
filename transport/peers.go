package transport

import (
	"context"
	"net"

	"github.com/civicpress/civic-realtime/transport/handon"
)

// ServePeers serves the peer listener l until ctx is done or the server has shut down: connections
// that other nodes hand on, and their calls (Config.Peers). It closes l.
func (s *Server) ServePeers(ctx context.Context, l net.Listener) error {
	handed := handon.Listen(l, s.cfg().Peers)
	<-ctx.Done()
	return handed.Close()
}
