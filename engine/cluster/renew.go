package cluster

import (
	"context"
	"errors"
	"time"
)

// renewAll renews all leases each Config.Renew. After an error it tries again soon, so that leases
// outlive an error.
func (n *Node) renewAll(ctx context.Context) {
	timer := time.NewTimer(n.c.Renew)
	defer timer.Stop()
	var renewals []Renewal
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		next := n.c.Renew
		renewals = n.all(renewals[:0])
		if err := n.renew(ctx, renewals); err != nil {
			n.count.redisFailures.Inc()
			next /= 8
		}
		timer.Reset(next)
	}
}

// all appends a renewal of each lease.
func (n *Node) all(renewals []Renewal) []Renewal {
	n.mu.Lock()
	for _, h := range n.held {
		renewals = append(renewals, Renewal{Lease: h.lease})
	}
	n.mu.Unlock()
	for i := range renewals {
		renewals[i].Version = n.holder.Version(renewals[i].Lease.Room)
	}
	return renewals
}

// renew renews leases. After an error about all of them nothing is known: they end when they would
// have ended.
func (n *Node) renew(ctx context.Context, renewals []Renewal) error {
	if len(renewals) == 0 {
		return nil
	}
	call, cancel := n.callTimeout(ctx)
	defer cancel()
	sent := n.c.Clock()
	if err := n.c.Shared.Renew(call, renewals, n.c.TTL); err != nil {
		return err
	}
	n.renewed(renewals, sent)
	return nil
}

// renewed takes the answers of renewals that were sent at a time.
func (n *Node) renewed(renewals []Renewal, sent time.Duration) {
	var lost []Lease
	n.mu.Lock()
	for _, r := range renewals {
		h := n.held[r.Lease.Room]
		switch {
		case h.lease != r.Lease:
		case r.Err == nil:
			h.until = max(h.until, sent+n.c.TTL-n.c.Margin)
			n.held[r.Lease.Room] = h
		case errors.Is(r.Err, ErrNotOwner):
			lost = append(lost, r.Lease)
		case errors.Is(r.Err, ErrChanged):
			ask(n.kick)
		}
	}
	n.mu.Unlock()
	n.lose(lost...)
	for _, r := range renewals {
		if r.Err == nil && r.Late > 0 {
			n.holder.LateWaits(r.Lease.Room)
		}
		if r.Err == nil && r.Asked {
			n.holder.Asked(r.Lease.Room)
		}
	}
}
