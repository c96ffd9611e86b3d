package cluster

import (
	"context"
	"sync"
	"time"
)

// Run announces this node and renews its leases until ctx is done. Then it withdraws the
// announcement; leases that were not released end by themselves.
func (n *Node) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { n.announceAll(ctx) })
	all.Go(func() { n.renewAll(ctx) })
	all.Go(func() { n.putBackAll(ctx) })
	all.Go(func() { n.askAll(ctx) })
	if n.c.AskPeer != nil {
		all.Go(func() { n.probeAll(ctx) })
	}
	all.Wait()
	last, cancel := n.callTimeout(context.WithoutCancel(ctx))
	defer cancel()
	_ = n.c.Shared.Withdraw(last, n.name) // the announcement ends by itself
}

// askAll asks each Config.Announce for rooms whose nodes cannot be reached.
func (n *Node) askAll(ctx context.Context) {
	ticker := time.NewTicker(n.c.Announce)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			n.askForAll(ctx)
		case <-ctx.Done():
			return
		}
	}
}
