package nodestore

import (
	"context"
	"time"
)

// Claims are the claims of drafts: cluster.Claims.
type Claims interface {
	Claim(ctx context.Context, room, hash string, version uint64) (deadline time.Time, err error)
	Claimed(ctx context.Context, room string) (hashes []string, err error)
	Confirm(ctx context.Context, room string) error
}

// Claims returns claims that are made only when Redis has all that the disk has of the room: no
// draft is newer than what the next owner can load.
func (s *Store) Claims(of Claims) Claims { return claims{of, s} }

type claims struct {
	Claims
	s *Store
}

// Claim sends what is unsent of the room, and then claims.
func (c claims) Claim(
	ctx context.Context, room, hash string, version uint64,
) (deadline time.Time, err error) {
	r := c.s.find(room)
	if r == nil {
		return c.Claims.Claim(ctx, room, hash, version)
	}
	if err := c.s.sendUnsent(ctx, r); err != nil {
		return time.Time{}, err
	}
	deadline, err = c.Claims.Claim(ctx, room, hash, version)
	if err == nil {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		r.noteClaim(draftClaim{hash, version})
	}
	return deadline, err
}

// sendUnsent sends all rows of a room, or its whole state.
func (s *Store) sendUnsent(ctx context.Context, r *room) error {
	for s.ownsUnsent(r) {
		some, err := s.send(ctx)
		if err != nil {
			return err
		}
		if !some && s.ownsUnsent(r) { // else another call has sent them meanwhile
			return errUnsent
		}
	}
	s.mu.Lock()
	whole := r.owned && r.whole
	s.mu.Unlock()
	if !whole {
		return nil
	}
	return s.sendState(ctx, r)
}
