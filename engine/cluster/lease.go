package cluster

import (
	"context"
	"errors"
	"log/slog"
)

// Lease returns the lease that this node has of a room, for writes that Redis compares with it.
// Whether it still counts only Redis knows.
func (n *Node) Lease(room string) (Lease, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	h, ok := n.held[room]
	return h.lease, ok
}

// Held returns the lease that this node has of a room, if that counts: nobody else can have it yet.
func (n *Node) Held(room string) (Lease, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	h, ok := n.held[room]
	if !ok || n.c.Clock() >= h.until {
		return Lease{}, false
	}
	return h.lease, true
}

// tries is how often Take tries to reach Redis, which can be reached by the last announcement: a
// connection may have ended that was not used since Redis went.
const tries = 3

// Take takes the lease of a room. It waits until all live nodes have put back what Redis may have
// lost of the room. If another node has the lease, the error is an *ElsewhereError.
func (n *Node) Take(ctx context.Context, room string) (g Grant, err error) {
	for range tries {
		g, err = n.take(ctx, room)
		if err == nil || errors.Is(err, ErrNotOwner) || n.look(ctx) != nil {
			break
		}
	}
	return g, err
}

// take is Take without trying again.
func (n *Node) take(ctx context.Context, room string) (Grant, error) {
	shard := n.c.ShardOf(room)
	for {
		generation, err := n.waitSettled(ctx, shard)
		if err != nil {
			return Grant{}, err
		}
		sent := n.c.Clock()
		g, err := n.acquire(ctx, room, generation)
		switch {
		case err != nil:
			return Grant{}, err
		case g.Generation != generation:
			if err := n.look(ctx); err != nil {
				return Grant{}, err
			}
			continue
		case g.Lease.Node != n.name:
			n.elsewhere(g.Lease)
			return g, &ElsewhereError{g.Lease}
		}
		n.count.taken.Inc()
		n.mu.Lock()
		n.held[room] = held{g.Lease, sent + n.c.TTL - n.c.Margin}
		n.mu.Unlock()
		return g, nil
	}
}

func (n *Node) acquire(ctx context.Context, room, generation string) (Grant, error) {
	call, cancel := n.callTimeout(ctx)
	defer cancel()
	return n.c.Shared.Acquire(call, room, n.name, n.c.TTL, generation)
}

// waitSettled waits until leases may be taken in a shard, and returns its generation. It fails if
// Redis cannot be reached.
func (n *Node) waitSettled(ctx context.Context, shard int) (generation string, err error) {
	for {
		n.mu.Lock()
		generation, ok := n.settled(shard)
		changed, err := n.changed, n.err
		if ok || err != nil {
			n.mu.Unlock()
			return generation, err
		}
		n.waiting++
		n.mu.Unlock()
		something, err := wait(ctx, changed, n.c.Announce/8)
		n.mu.Lock()
		n.waiting--
		n.mu.Unlock()
		if err != nil {
			return "", err
		}
		if !something {
			ask(n.kick) // others may have put back meanwhile
		}
	}
}

// elsewhere notes that another node has a room.
func (n *Node) elsewhere(lease Lease) {
	n.count.elsewhere.Inc()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.found[lease.Room] = lease
}

// Release gives up the leases of rooms; at once as far as this node is concerned. Others can take
// them when Redis has answered, or after an error when the leases have ended.
func (n *Node) Release(ctx context.Context, rooms ...string) error {
	var leases []Lease
	n.mu.Lock()
	for _, room := range rooms {
		if h, ok := n.held[room]; ok {
			leases = append(leases, h.lease)
			delete(n.held, room)
		}
	}
	n.mu.Unlock()
	if len(leases) == 0 {
		return nil
	}
	call, cancel := n.callTimeout(ctx)
	defer cancel()
	return n.c.Shared.Release(call, leases)
}

// Refused says that Redis has refused a write with this lease.
func (n *Node) Refused(lease Lease) { n.lose(lease) }

// lose forgets leases that are another's or nobody's, and calls Holder.Lost for those that this
// node had until now.
func (n *Node) lose(leases ...Lease) {
	var rooms []string
	n.mu.Lock()
	for _, lease := range leases {
		if n.held[lease.Room].lease == lease {
			delete(n.held, lease.Room)
			rooms = append(rooms, lease.Room)
		}
	}
	n.mu.Unlock()
	if len(rooms) == 0 {
		return
	}
	n.count.lost.Add(len(rooms))
	n.c.Log.Warn("leases of rooms are lost", slog.Int("rooms", len(rooms)))
	for _, room := range rooms {
		n.holder.Lost(room)
	}
}
