package redis

import (
	"context"
	"strconv"

	"github.com/redis/rueidis"
)

// Claim confirms the lease, and stores the hash of a text that the owner is about to save as a
// draft, with the room's version. The last 16 of a room are kept.
func (c *Client) Claim(ctx context.Context, lease Lease, hash string, version uint64) error {
	return c.code(ctx, claimScript, lease.Room,
		lease.Room, held(lease), hash, decimal(version), strconv.Itoa(maxClaims))
}

// Claimed reports whether a text with such a hash was about to be saved by any node.
func (c *Client) Claimed(ctx context.Context, room, hash string) (bool, error) {
	if err := c.usable(ctx); err != nil {
		return false, err
	}
	command := c.r.B().Lpos().Key(c.key("claims", room)).Element(hash).Build()
	err := c.ask(ctx, opClaim, 0, command)[0].Error()
	if rueidis.IsRedisNil(err) {
		return false, nil
	}
	if err != nil {
		return false, failure(err)
	}
	return true, nil
}
