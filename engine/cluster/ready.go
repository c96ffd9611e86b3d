package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrNotYet says that this node has not yet reached Redis, or not yet put back what it has.
var ErrNotYet = errors.New("Redis was not reached yet since the start")

// SeesShared reports whether this node sees its own announcements in Redis. Other nodes ask for it
// by Config.AskPeer.
func (n *Node) SeesShared() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.sees()
}

// Ready returns why clients are to be sent to other nodes, nil if they are not. While no node sees
// Redis all are ready, as what works without it would be ended otherwise.
func (n *Node) Ready() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.seen || len(n.shards) > 0 && n.shards[0].putBack == "" {
		return ErrNotYet
	}
	if name, ok := n.unreachable(); ok {
		return fmt.Errorf("node %s has rooms, and cannot be reached from here", name)
	}
	if n.sees() {
		return nil
	}
	for name, p := range n.peers {
		if name != n.name && p.probe.sees && n.c.Clock()-p.probe.at < 5*n.c.Announce {
			return fmt.Errorf("Redis cannot be reached from here, and can from node %s", name)
		}
	}
	return nil
}

// probeAll asks the other nodes whether they see Redis: at each fifth Config.Announce, and at each
// one while this node does not see it.
func (n *Node) probeAll(ctx context.Context) {
	ticker := time.NewTicker(n.c.Announce)
	defer ticker.Stop()
	for i := 0; ; i++ {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if i%5 == 0 || !n.SeesShared() {
			n.probe(ctx)
		}
	}
}

// probe asks all other nodes at the same time.
func (n *Node) probe(ctx context.Context) {
	call, cancel := context.WithTimeout(ctx, n.c.Announce)
	defer cancel()
	var all sync.WaitGroup
	for name, address := range n.addresses() {
		all.Go(func() { n.probed(name, n.askPeer(call, address)) })
	}
	all.Wait()
}

// addresses returns the addresses of the other nodes, by name.
func (n *Node) addresses() map[string]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := map[string]string{}
	for name, p := range n.peers {
		if name != n.name && p.Address != "" {
			all[name] = p.Address
		}
	}
	return all
}

func (n *Node) askPeer(ctx context.Context, address string) probe {
	p, began := probe{at: n.c.Clock()}, time.Now()
	p.sees, p.err = n.c.AskPeer(ctx, address)
	p.roundTrip = time.Since(began)
	if p.err != nil {
		n.count.peerFailures.Inc()
	} else {
		n.count.peer.UpdateDuration(began)
	}
	return p
}

func (n *Node) probed(name string, answer probe) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p, ok := n.peers[name]; ok {
		p.probe = answer
		n.peers[name] = p
	}
}
