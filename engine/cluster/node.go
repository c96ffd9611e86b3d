package cluster

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

// Node is this process among the nodes that share a Redis. It announces itself, knows the others,
// and has the leases of rooms. Its methods are safe for concurrent use.
type Node struct {
	c     Config
	name  string
	count counters
	kick  chan struct{} // asks for an announcement; has room for one
	work  chan struct{} // asks for putting back; has room for one

	mu     sync.Mutex // a leaf; guards everything below
	holder Holder
	held   map[string]held // by room

	// Announcements; see announce.go.
	begun, ended uint64        // their numbers
	err          error         // of the last
	changed      chan struct{} // closed, and made anew, when anything below has changed

	// What the last announcement has shown; see sight.go.
	seen      bool          // there was one
	seenAt    time.Duration // when it was sent
	roundTrip time.Duration // its answer took
	peers     map[string]peer
	shards    []shard

	waiting int                // calls of Take that wait for other nodes
	found   map[string]Lease   // owners of rooms, since the last announcement
	blocked map[string]blocked // rooms whose nodes cannot be reached; see unreachable.go
}

// held is a lease that this node has.
type held struct {
	lease Lease
	until time.Duration // by Config.Clock; the lease counts before that
}

// peer is a live node.
type peer struct {
	announcement
	moved  time.Duration // when its announcement was first seen as it is now
	behind time.Duration // since when it has not put back what it should; 0: it has
	probe  probe         // the last one
}

// probe is an answer of a node that was asked whether it sees Redis.
type probe struct {
	at        time.Duration // 0: none
	roundTrip time.Duration
	err       error
	sees      bool
}

// shard is a shard of Redis.
type shard struct {
	generation string
	putBack    string                   // the generation for which this node has put back
	missing    map[string]time.Duration // nodes of the generation before, and how long they count
	calm       time.Duration            // no draft is saved before
}

// blocked is a room whose node cannot be reached from here.
type blocked struct {
	node  string
	since time.Duration
	last  time.Duration // of the last attempt
	asked bool
}

// New returns a Node with a random name. SetHolder and Run follow.
func New(c Config) *Node {
	c = c.withDefaults()
	n := &Node{
		c: c, name: rand.Text(), count: newCounters(c.Metrics),
		kick: make(chan struct{}, 1), work: make(chan struct{}, 1), changed: make(chan struct{}),
		held: map[string]held{}, peers: map[string]peer{}, found: map[string]Lease{},
		blocked: map[string]blocked{},
	}
	n.gauges(c.Metrics)
	return n
}

// SetHolder sets what has the rooms of this node. It is called once, before Run.
func (n *Node) SetHolder(h Holder) { n.holder = h }

// Name returns the name of this node, which no other node had or will have.
func (n *Node) Name() string { return n.name }

// callTimeout bounds a call of Shared that ctx does not bound earlier.
func (n *Node) callTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, n.c.TTL/4)
}

// notify wakes all that wait for a change. The lock is held.
func (n *Node) notify() {
	close(n.changed)
	n.changed = make(chan struct{})
}

// ask sends to a channel with room for one, unless it is full.
func ask(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// wait waits until something has changed (a channel of Node.changed), for at most d. It reports
// whether something has.
func wait(ctx context.Context, changed <-chan struct{}, d time.Duration) (bool, error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-changed:
		return true, nil
	case <-timer.C:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}
