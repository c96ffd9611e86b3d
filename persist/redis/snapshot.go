package redis

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"
)

// SaveSnapshot replaces the snapshot of a room, and drops the rows up to and including s.Through,
// in one step. A newer incarnation than the stored one begins the room anew: its rows go. An older
// one is ErrDropped. The snapshot before is not kept.
func (c *Client) SaveSnapshot(ctx context.Context, lease Lease, s FencedSnapshot) error {
	return c.saveSnapshot(ctx, lease, s, time.Now())
}

// saveSnapshot saves a snapshot at a time; keep says which versions are kept: how many, and the
// least time between two in milliseconds.
func (c *Client) saveSnapshot(
	ctx context.Context, lease Lease, s FencedSnapshot, now time.Time, keep ...string,
) error {
	replaces := ""
	if s.Replaces {
		replaces = milliseconds(c.config.Tombstone)
	}
	args := append([]string{
		lease.Room, held(lease), digits(s.Incarnation), decimal(s.Version), after(s.Through),
		framed(lease.Room, s.Data), strconv.FormatInt(now.UnixMilli(), 10), replaces,
	}, keep...)
	return c.code(ctx, snapshotScript, lease.Room, args...)
}

// after returns the least id that is greater than that of a row.
func after(p Position) string {
	if p.Number == math.MaxUint64 {
		return fmt.Sprintf("%d-0", p.Fence+1)
	}
	return fmt.Sprintf("%d-%d", p.Fence, p.Number+1)
}
