package admin

import (
	"context"
	"net/http"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// freshDecisions reads the locks and bans of other nodes, so that a change or a list begins with
// what holds.
func (s *Server) freshDecisions(ctx context.Context) error {
	if s.cfg.Nodes == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	_, err := s.cfg.Nodes.ReloadDecisions(ctx)
	return err
}

// nudge has all other nodes put a lock or a ban into effect that was made or lifted here, and
// returns how many connections they have closed for it. Those that are silent do so when they look
// for themselves, within seconds.
func (s *Server) nudge(r *http.Request) (closed int, silence api.Silence) {
	if s.cfg.Nodes == nil {
		return 0, silence
	}
	parts, silence := askOthers[api.Disconnected](s, r, call{post, "/v1/decisions", nil, nil})
	for _, part := range parts {
		closed += part.value.Connections
		if part.problem != nil { // it does not reach Redis
			silence.Partial = true
			silence.Silent = append(silence.Silent, part.node.Name)
		}
	}
	return closed, silence
}
