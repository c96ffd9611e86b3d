package redis

import (
	"context"
	"strconv"
)

// Claim confirms the lease, and stores the hash of a text that the owner is about to save as a
// draft, with the room's version. The last 16 of a room are kept.
func (c *Client) Claim(ctx context.Context, lease Lease, hash string, version uint64) error {
	return c.code(ctx, claimScript, lease.Room,
		lease.Room, held(lease), hash, decimal(version), strconv.Itoa(maxClaims))
}

// OfferClaims adds hashes of texts, oldest first, that were claimed with a lease that has ended, or
// before Redis was emptied. They count as older than those that are stored.
func (c *Client) OfferClaims(ctx context.Context, room string, hashes []string) error {
	args := append([]string{room, strconv.Itoa(maxClaims)}, hashes...)
	return c.code(ctx, offerClaimsScript, room, args...)
}

// Claimed returns the hashes of the last texts that any node was about to save, newest first.
func (c *Client) Claimed(ctx context.Context, room string) (hashes []string, err error) {
	if err := c.usable(ctx); err != nil {
		return nil, err
	}
	command := c.r.B().Lrange().Key(c.key("claims", room)).Start(0).Stop(maxClaims - 1).Build()
	hashes, err = c.ask(ctx, opClaim, 0, command)[0].AsStrSlice()
	if err != nil {
		return nil, failure(err)
	}
	return hashes, nil
}
