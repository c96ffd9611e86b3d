package transport

import (
	"context"

	"github.com/civicpress/civic-realtime/transport/auth"
)

// owner returns the address of the node that owns the room, empty if the connection is to be served
// here. A room that nobody has is opened here before that. So if the first clients of a room come
// to several nodes at the same moment, one node takes it, and the others hand their clients on
// before they have answered them. It fails if the owner is not known now.
func (o *opening) owner(ctx context.Context) (peer string, err error) {
	s, room := o.server, o.request.room
	peer, err = s.cfg().Owners.Owner(ctx, room.String())
	if err != nil || peer != "" || s.engine.Leased(room) {
		return peer, err
	}
	switch err := o.openRoom(ctx); {
	case err == nil, s.engine.Leased(room): // perhaps it is still loading
		return "", nil
	case isElsewhere(err):
		return s.cfg().Owners.Owner(ctx, room.String())
	case ctx.Err() != nil:
		o.request.known = nil // it may not be true any more at the next try
		return "", err
	default:
		o.request.err = err
		return "", nil
	}
}

// openRoom opens the room, if the client may join it, so that nobody else can make this node take
// rooms. A check of the token that takes long is left to the join: then the room is not opened.
func (o *opening) openRoom(ctx context.Context) error {
	s, r := o.server, &o.request
	if err := o.takeSlot(); err != nil {
		return err
	}
	if s.checkToken(auth.WithAddress(ctx, o.ip), r); ctx.Err() != nil {
		r.known = nil
		return nil
	}
	if r.known.err != nil {
		return nil
	}
	if err := s.connLimits.SetUser(o.slot, r.user); err != nil {
		return err
	}
	return s.engine.Open(ctx, r.room, r.user)
}
