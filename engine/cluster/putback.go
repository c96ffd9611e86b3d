package cluster

import (
	"context"
	"log/slog"
	"time"
)

// putBackAll lets the Holder put back what new generations of Redis may lack, whenever there are
// any, and announces that.
func (n *Node) putBackAll(ctx context.Context) {
	for {
		select {
		case <-n.work:
		case <-ctx.Done():
			return
		}
		if changes := n.changes(); len(changes) > 0 && n.putBack(ctx, changes) {
			ask(n.kick)
		}
	}
}

// changes returns the shards for which this node has to put back what it has.
func (n *Node) changes() (changes []Change) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, s := range n.shards {
		if s.putBack != s.generation {
			changes = append(changes, Change{Shard: i, Before: s.putBack, Now: s.generation})
		}
	}
	return changes
}

// putBack lets the Holder put back, and reports whether it did. After a failure the next
// announcement leads here again.
func (n *Node) putBack(ctx context.Context, changes []Change) bool {
	began := time.Now()
	if err := n.holder.PutBack(ctx, changes); err != nil {
		if ctx.Err() == nil {
			n.c.Log.Error("what Redis may have lost cannot be put back yet", slog.Any("reason", err))
		}
		return false
	}
	n.count.putBack.UpdateDuration(began)
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range changes {
		n.shards[c.Shard].putBack = c.Now
	}
	n.notify()
	return true
}
