package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/transport/handon"
)

// ServePeers serves the peer listener l until ctx is done or the server has shut down: connections
// that other nodes hand on, and their calls (Config.Peers). It closes l.
func (s *Server) ServePeers(ctx context.Context, l net.Listener) error {
	peers := s.cfg().Peers
	peers.Check, peers.Log, peers.AtTicks = s.checkHandedOn, s.log, s.pollers.AtTicks
	handed := handon.Listen(l, peers)
	h := s.httpServer()
	h.Handler, h.ConnContext = http.HandlerFunc(s.serveHandedOn), handon.ConnContext
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(handed) }()
	sweep := time.NewTicker(sweepPeers)
	defer sweep.Stop()
	for {
		select {
		case <-sweep.C:
			handed.Sweep()
		case <-ctx.Done():
			return errors.Join(h.Close(), ended(<-failed))
		case <-s.served:
			return errors.Join(h.Close(), ended(<-failed))
		case err := <-failed:
			return errors.Join(h.Close(), err)
		}
	}
}

// sweepPeers is the time between two checks for log lines about the peer listener.
const sweepPeers = 10 * time.Second

// ended returns nil for the error of a listener that was closed.
func ended(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// serveHandedOn serves a connection that another node hands on. Nothing else is served there.
func (s *Server) serveHandedOn(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	rest, ok := trimPrefix(s.cfg().Path, path)
	if ok = ok || s.cfg().isDocumentPath(path); !ok || handon.PreambleOf(r) == nil {
		http.NotFound(w, r)
		return
	}
	s.counters.fromNodes.Inc()
	s.upgrade(w, r, rest)
}

// checkHandedOn returns why this server does not take a connection over from another node.
func (s *Server) checkHandedOn(ctx context.Context, p handon.Preamble) *handon.RefusedError {
	if s.drain.closing.Load() || s.HandingOver() {
		return &handon.RefusedError{Answer: handon.NotReady, Reason: "it is shutting down"}
	}
	if s.cfg().Owners == nil {
		return &handon.RefusedError{Answer: handon.NotReady, Reason: "it is no node of several"}
	}
	ctx, cancel := context.WithTimeout(ctx, ownerTimeout)
	defer cancel()
	switch owner, err := s.cfg().Owners.Owner(ctx, p.Room); {
	case err != nil:
		return &handon.RefusedError{Answer: handon.NotReady, Reason: err.Error()}
	case owner != "":
		return &handon.RefusedError{Answer: handon.NotOwner, Reason: "the room is at " + owner}
	}
	return nil
}
