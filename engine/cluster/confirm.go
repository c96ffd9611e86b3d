package cluster

import (
	"context"
	"time"
)

// Confirm confirms in Redis that this node has the lease of a room, and that Redis has not failed
// over. What follows may carry on until the returned time. The error is ErrNotOwner if the lease is
// another's or nobody's, and ErrUnconfirmed soon after a failover.
func (n *Node) Confirm(ctx context.Context, room string) (until time.Time, err error) {
	lease, ok := n.Lease(room)
	if !ok {
		return time.Time{}, ErrNotOwner
	}
	renewal := []Renewal{{Lease: lease, Version: n.holder.Version(room)}}
	if err := n.renew(ctx, renewal); err != nil {
		return time.Time{}, err
	}
	if renewal[0].Err != nil {
		return time.Time{}, renewal[0].Err
	}
	// Looking comes after renewing: if Redis failed over before the renewal, looking shows it.
	if err := n.look(ctx); err != nil {
		return time.Time{}, err
	}
	return n.confirmed(lease)
}

// confirmed returns the end of a lease that was just renewed.
func (n *Node) confirmed(lease Lease) (until time.Time, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	h, ok := n.held[lease.Room]
	left := h.until - n.c.Clock()
	switch shard := n.c.ShardOf(lease.Room); {
	case !ok || h.lease != lease || left <= 0:
		return time.Time{}, ErrNotOwner
	case !n.isCalm(shard):
		return time.Time{}, ErrUnconfirmed
	}
	// The wall clock goes on in suspend, so the time has no monotonic reading.
	return time.Now().Round(0).Add(left), nil
}

// Claims are the claims of drafts (recordsync.Claims) of a Node's rooms.
type Claims struct{ *Node }

// Confirm confirms in Redis that this node has the lease of a room.
func (c Claims) Confirm(ctx context.Context, room string) error {
	_, err := c.Node.Confirm(ctx, room)
	return err
}

// Claim confirms the lease of a room, and stores the hash of a text that is about to be saved. The
// save must end before deadline.
func (n *Node) Claim(
	ctx context.Context, room, hash string, version uint64,
) (deadline time.Time, err error) {
	deadline, err = n.Confirm(ctx, room)
	if err != nil {
		return time.Time{}, err
	}
	lease, ok := n.Lease(room)
	if !ok {
		return time.Time{}, ErrNotOwner
	}
	call, cancel := n.callTimeout(ctx)
	defer cancel()
	if err := n.c.Shared.Claim(call, lease, hash, version); err != nil {
		return time.Time{}, err
	}
	return deadline, nil
}

// Claimed returns the hashes of the last texts that any node was about to save, newest first.
func (n *Node) Claimed(ctx context.Context, room string) (hashes []string, err error) {
	call, cancel := n.callTimeout(ctx)
	defer cancel()
	return n.c.Shared.Claimed(call, room)
}
