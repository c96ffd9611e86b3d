package cluster

import (
	"slices"
	"strings"
	"time"
)

// NodeInfo describes a live node.
type NodeInfo struct {
	Name    string
	Self    bool
	Address string // of its peer listener
	Oldest  int    // the forms of stored data that it reads
	Newest  int
	More    []byte        // what its Config.Describe has returned; not to be changed
	Silent  time.Duration // since its announcement was last seen to change
	PutBack bool          // it has put back what Redis may lack
	// Answer of the last probe of its peer listener by this node.
	Probed    bool
	RoundTrip time.Duration
	ProbeErr  error
	Sees      bool // it sees Redis
}

// Nodes returns all live nodes, this one included, in the order of their names. While Redis cannot
// be reached they are those that were seen last.
func (n *Node) Nodes() (all []NodeInfo) {
	now := n.c.Clock()
	n.mu.Lock()
	defer n.mu.Unlock()
	for name, p := range n.peers {
		all = append(all, NodeInfo{
			Name: name, Self: name == n.name, Address: p.Address, More: p.more,
			Oldest: p.Oldest, Newest: p.Newest, Silent: now - p.moved, PutBack: p.behind == 0,
			Probed: p.probe.at > 0, RoundTrip: p.probe.roundTrip,
			ProbeErr: p.probe.err, Sees: p.probe.sees,
		})
	}
	slices.SortFunc(all, func(a, b NodeInfo) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Status is what a node has, and knows of Redis.
type Status struct {
	Leases      int
	Generations []string      // of the shards
	PuttingBack bool          // this node puts back what a shard may lack
	Sees        bool          // it has seen its own announcement of late
	RoundTrip   time.Duration // of the last announcement that succeeded
	Err         error         // of the last announcement
}

// Status returns what this node has, and knows of Redis.
func (n *Node) Status() Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := Status{Leases: len(n.held), Sees: n.sees(), RoundTrip: n.roundTrip, Err: n.err}
	for _, shard := range n.shards {
		s.Generations = append(s.Generations, shard.generation)
		s.PuttingBack = s.PuttingBack || shard.putBack != shard.generation
	}
	return s
}

// Form returns the newest form of stored data that all live nodes read.
func (n *Node) Form() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	form := n.c.Newest
	for _, p := range n.peers {
		if p.Newest > 0 {
			form = min(form, p.Newest)
		}
	}
	return form
}
