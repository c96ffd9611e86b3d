package cluster

import "context"

// Owner returns the address of the peer listener of the node that has a room. It is empty if this
// node has it, or nobody. The error wraps ErrAway if the node that has it is not there; others say
// that Redis could not be asked.
func (n *Node) Owner(ctx context.Context, room string) (address string, err error) {
	lease, known := n.known(room)
	if !known {
		if lease, err = n.find(ctx, room); err != nil {
			return "", err
		}
	}
	if lease.Node == "" || lease.Node == n.name {
		return "", nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.peers[lease.Node]; p.Address != "" {
		return p.Address, nil
	}
	return "", ErrAway
}

// known returns the owner of a room, if that needs no question.
func (n *Node) known(room string) (Lease, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if h, ok := n.held[room]; ok {
		return h.lease, true
	}
	lease, ok := n.found[room]
	return lease, ok
}

// find asks Redis for the owner of a room. That another node has it counts until the next
// announcement; that nobody has it changes at once.
func (n *Node) find(ctx context.Context, room string) (Lease, error) {
	call, cancel := n.callTimeout(ctx)
	defer cancel()
	leases, err := n.c.Shared.Owners(call, []string{room})
	if err != nil {
		return Lease{}, err
	}
	if lease := leases[0]; lease.Node != "" && lease.Node != n.name {
		n.mu.Lock()
		n.found[room] = lease
		n.mu.Unlock()
	}
	return leases[0], nil
}
