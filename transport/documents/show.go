package documents

import (
	"context"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// show shows a user to the people in a room for a time, with a cursor, which is JSON; nil leaves
// that as it is. It returns when the presence ends.
func (s *Server) show(
	ctx context.Context, r *request, key roomkey.Key, user User, cursor []byte, ttl time.Duration,
) (end time.Time, err error) {
	of := shownKey{key, r.caller.Name, user.ID}
	end = time.Now().Add(ttl)
	p, isNew := s.shown.take(of, r.now.Presences)
	switch {
	case p == nil:
		return end, problem(http.StatusServiceUnavailable, api.Unavailable,
			"api.max_presences programs are shown")
	case !isNew && p.renew(user.Name, ttl):
		return end, p.move(cursor)
	case !isNew:
		p.remove() // it has another name
		if p, isNew = s.shown.take(of, r.now.Presences); !isNew {
			return end, problem(http.StatusServiceUnavailable, api.Unavailable,
				"the presence is just being changed")
		}
	}
	identity := engine.Identity{
		ID: user.ID, Name: user.Name, ReadOnly: true, Credential: r.now.Credential,
	}
	peer, err := s.cfg.Engine.Join(ctx, key, p, protocol.JSON{}, identity)
	if err != nil {
		p.remove()
		return end, err
	}
	if !p.joined(peer, user.Name, ttl) {
		peer.Leave()
	}
	return end, p.move(cursor)
}
