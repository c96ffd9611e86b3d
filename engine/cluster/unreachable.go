package cluster

import (
	"context"
	"log/slog"
)

// Unreachable says that the node of a room could not be reached at the address that Owner returned.
// If that node goes on announcing itself, it is asked through Redis to give the room up, which it
// does if nobody is connected; after half of Config.TTL this node is not ready, so that its clients
// are sent elsewhere.
func (n *Node) Unreachable(room, address string) {
	now := n.c.Clock()
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.found, room)
	node := n.nodeAt(address)
	if node == "" {
		return
	}
	b := n.blocked[room]
	if b.node != node {
		b = blocked{node: node, since: now}
	}
	b.last = now
	n.blocked[room] = b
}

// nodeAt returns the name of another live node, by its address; empty if there is none. The lock is
// held.
func (n *Node) nodeAt(address string) string {
	for name, p := range n.peers {
		if name != n.name && p.Address == address {
			return name
		}
	}
	return ""
}

// askForAll asks for rooms whose nodes cannot be reached, and forgets those that are elsewhere now,
// or that nobody has tried to reach for Config.TTL.
func (n *Node) askForAll(ctx context.Context) {
	rooms := n.blockedRooms()
	if len(rooms) == 0 {
		return
	}
	call, cancel := n.callTimeout(ctx)
	defer cancel()
	leases, err := n.c.Shared.Owners(call, rooms)
	if err != nil {
		return
	}
	for i, lease := range leases {
		if n.toAsk(rooms[i], lease) && n.c.Shared.AskFor(call, rooms[i], n.c.TTL) == nil {
			n.count.asked.Inc()
		}
	}
}

func (n *Node) blockedRooms() (rooms []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for room := range n.blocked {
		rooms = append(rooms, room)
	}
	return rooms
}

// toAsk reports whether a node is to be asked for a room: it has announced itself since it could
// not be reached.
func (n *Node) toAsk(room string, owner Lease) bool {
	now := n.c.Clock()
	n.mu.Lock()
	defer n.mu.Unlock()
	b := n.blocked[room]
	p, there := n.peers[b.node]
	if owner.Node != b.node || !there || now-b.last >= n.c.TTL && p.probe.err == nil {
		delete(n.blocked, room)
		return false
	}
	if p.moved < b.since+2*n.c.Announce { // what was seen since then may have been announced before
		return false
	}
	if !b.asked {
		b.asked = true
		n.blocked[room] = b
		n.c.Log.Warn("the node of a room cannot be reached: it is asked to give the room up",
			slog.String("node", b.node), slog.String("room", room))
	}
	return true
}

// unreachable returns a node that has rooms, sees Redis and cannot be reached from here for long.
// The lock is held.
func (n *Node) unreachable() (name string, ok bool) {
	now := n.c.Clock()
	for _, b := range n.blocked {
		p, there := n.peers[b.node]
		if there && b.asked && p.moved-b.since >= n.c.TTL/2 && now-b.since >= n.c.TTL/2 {
			return b.node, true
		}
	}
	return "", false
}
