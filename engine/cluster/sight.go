package cluster

import (
	"maps"
	"time"
)

// patience is for how many Config.TTL a node is waited for that is there and does not put back what
// it has. What it puts back later are late updates, or versions.
const patience = 6

// see takes what an announcement has shown, which was sent at a time. It returns the number of
// shards whose generation has changed since the announcement before. The lock is held.
func (n *Node) see(s Sight, at time.Duration) (changes int) {
	before := n.peers
	n.peers = make(map[string]peer, len(s.Nodes))
	for name, description := range s.Nodes {
		p := peer{announcement: decodeAnnouncement(description), moved: at}
		if old, ok := before[name]; ok {
			p.behind, p.probe = old.behind, old.probe
			if p.Number == old.Number {
				p.moved = old.moved
			}
		}
		n.peers[name] = p
	}
	changes = n.seeGenerations(s.Generations, before, at)
	n.seeBehind(at)
	n.seen, n.seenAt, n.roundTrip = true, at, s.RoundTrip
	clear(n.found)
	return changes
}

// seeGenerations takes the generations of the shards. Nodes that were there before are waited for
// in a new generation, also if their announcements were lost with the old one.
func (n *Node) seeGenerations(
	generations []string, before map[string]peer, at time.Duration,
) (changes int) {
	if len(n.shards) < len(generations) {
		n.shards = append(n.shards, make([]shard, len(generations)-len(n.shards))...)
	}
	for i, generation := range generations {
		s := &n.shards[i]
		if s.generation == generation {
			continue
		}
		if s.generation != "" {
			changes++
		}
		s.calm = at + n.c.TTL
		if s.generation == "" && n.calmBefore(i, generation) {
			s.calm = 0
		}
		s.generation, s.missing = generation, map[string]time.Duration{}
		for name := range before {
			s.missing[name] = at + n.c.TTL
		}
	}
	return changes
}

// calmBefore reports whether another node has known this generation of a shard for Config.TTL.
func (n *Node) calmBefore(shard int, generation string) bool {
	for name, p := range n.peers {
		if name != n.name && p.Calm && p.hasPutBack(shard, generation) {
			return true
		}
	}
	return false
}

// seeBehind notes since when nodes have not put back what they should.
func (n *Node) seeBehind(at time.Duration) {
	for name, p := range n.peers {
		behind := false
		for i := range n.shards {
			delete(n.shards[i].missing, name)
			behind = behind || !p.hasPutBack(i, n.shards[i].generation)
		}
		switch {
		case !behind:
			p.behind = 0
		case p.behind == 0:
			p.behind = at
		}
		n.peers[name] = p
	}
}

// settled returns the generation of a shard, and whether all live nodes have put back what that may
// lack, so that leases may be taken. The lock is held.
func (n *Node) settled(shard int) (generation string, ok bool) {
	now := n.c.Clock()
	if shard >= len(n.shards) || now-n.seenAt >= n.c.TTL {
		return "", false
	}
	s := &n.shards[shard]
	maps.DeleteFunc(s.missing, func(_ string, until time.Duration) bool { return now >= until })
	if s.putBack != s.generation || len(s.missing) > 0 {
		return s.generation, false
	}
	for name, p := range n.peers {
		waits := !p.hasPutBack(shard, s.generation) && now-p.behind < patience*n.c.TTL
		if name != n.name && waits {
			return s.generation, false
		}
	}
	return s.generation, true
}

// isCalm reports whether drafts of rooms in a shard may be saved: not in the first Config.TTL after
// a failover, in which there may be two owners that Redis has confirmed. The lock is held.
func (n *Node) isCalm(shard int) bool {
	return shard < len(n.shards) && n.c.Clock() >= n.shards[shard].calm
}

// sees reports whether this node has seen its own announcement of late. The lock is held.
func (n *Node) sees() bool { return n.seen && n.c.Clock()-n.seenAt < 3*n.c.Announce }
