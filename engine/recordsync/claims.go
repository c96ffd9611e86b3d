package recordsync

import (
	"context"
	"time"
)

// Claims is shared by the nodes that may have a room, one after the other, so that no node saves a
// draft of a room that another has by now, and none takes a draft of another for an external
// change. Methods are called without a room's lock, and may block until ctx is done.
type Claims interface {
	// Claim confirms that this node has the room, and stores the hash of a text that is about to be
	// saved as its draft, at a version. The draft must not be saved after the deadline.
	Claim(ctx context.Context, room, hash string, version uint64) (deadline time.Time, err error)
	// Claimed reports whether a text with such a hash was about to be saved by any node.
	Claimed(ctx context.Context, room, hash string) (bool, error)
	// Confirm returns nil if this node has the room.
	Confirm(ctx context.Context, room string) error
}
