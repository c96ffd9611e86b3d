package clustertest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// ErrUnreachable says that the Redis cannot be reached.
var ErrUnreachable = errors.New("the Redis of the test cannot be reached")

// Client is one node's connection to a Redis. It is a cluster.Shared.
type Client struct {
	redis *Redis

	mu     sync.Mutex // a leaf
	cut    bool
	before func(method string) // called before each call; may be nil
	after  func(method string) error
}

// Client returns a new connection.
func (r *Redis) Client() *Client { return &Client{redis: r} }

// SetCut sets whether this node is cut off from the Redis.
func (c *Client) SetCut(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
}

// Before sets a function that is called before each call, with the method's name. It may block, as
// a slow network does, or change what the call finds.
func (c *Client) Before(f func(method string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before = f
}

// After sets a function that is called after each call that the Redis has done. If it returns an
// error, that takes the place of the answer, which is lost.
func (c *Client) After(f func(method string) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.after = f
}

// call calls f with what the Redis has, under its lock, if it can be reached.
func (c *Client) call(ctx context.Context, method string, f func(*state) error) error {
	c.mu.Lock()
	before, after := c.before, c.after
	c.mu.Unlock()
	if before != nil {
		before(method)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	cut := c.cut
	c.mu.Unlock()
	err := c.redis.call(cut, f)
	if after != nil && !errors.Is(err, ErrUnreachable) {
		if lost := after(method); lost != nil {
			return lost
		}
	}
	return err
}

func (r *Redis) call(cut bool, f func(*state) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cut || !r.up {
		return ErrUnreachable
	}
	return f(r.state)
}

// Announce implements cluster.Shared.
func (c *Client) Announce(
	ctx context.Context, node string, description []byte, ttl time.Duration,
) (sight cluster.Sight, err error) {
	began := time.Now()
	err = c.call(ctx, "Announce", func(s *state) error {
		s.nodes[node] = announced{bytes.Clone(description), time.Now().Add(ttl)}
		sight.Nodes = map[string][]byte{}
		for name, a := range s.nodes {
			if time.Now().Before(a.ends) {
				sight.Nodes[name] = bytes.Clone(a.description)
			}
		}
		generation, emptied := c.redis.generation()
		sight.Generations, sight.Emptied = []string{generation}, emptied
		sight.RoundTrip = time.Since(began)
		return nil
	})
	return sight, err
}

// Withdraw implements cluster.Shared.
func (c *Client) Withdraw(ctx context.Context, node string) error {
	return c.call(ctx, "Withdraw", func(s *state) error {
		delete(s.nodes, node)
		return nil
	})
}

// Acquire implements cluster.Shared.
func (c *Client) Acquire(
	ctx context.Context, name, node string, ttl time.Duration, generation string,
) (g cluster.Grant, err error) {
	err = c.call(ctx, "Acquire", func(s *state) error {
		if g.Generation, _ = c.redis.generation(); g.Generation != generation {
			return nil
		}
		r := s.room(name)
		owner := r.current(name)
		if owner.Node == "" || owner.Node == node && r.run != c.redis.runID {
			s.fence = max(s.fence+1, uint64(time.Now().UnixMilli()))
			owner = cluster.Lease{Room: name, Node: node, Fence: s.fence}
			r.owner, r.run, r.asked = owner, c.redis.runID, time.Time{}
		}
		if owner.Node == node {
			r.ends = time.Now().Add(ttl)
		}
		g.Lease, g.Incarnation, g.Version, g.Late = r.owner, r.incarnation, r.version, len(r.late)
		return nil
	})
	return g, err
}

// Owners implements cluster.Shared.
func (c *Client) Owners(ctx context.Context, names []string) (leases []cluster.Lease, err error) {
	err = c.call(ctx, "Owners", func(s *state) error {
		for _, name := range names {
			leases = append(leases, s.room(name).current(name))
		}
		return nil
	})
	return leases, err
}

// Renew implements cluster.Shared.
func (c *Client) Renew(ctx context.Context, renewals []cluster.Renewal, ttl time.Duration) error {
	return c.call(ctx, "Renew", func(s *state) error {
		for i := range renewals {
			w := &renewals[i]
			r := s.room(w.Lease.Room)
			if w.Err = nil; !r.ownedBy(w.Lease) {
				w.Err = cluster.ErrNotOwner
				continue
			}
			r.ends, r.version = time.Now().Add(ttl), max(r.version, w.Version)
			w.Late, w.Asked = len(r.late), time.Now().Before(r.asked)
		}
		return nil
	})
}

// Release implements cluster.Shared.
func (c *Client) Release(ctx context.Context, leases []cluster.Lease) error {
	return c.call(ctx, "Release", func(s *state) error {
		for _, lease := range leases {
			if r := s.room(lease.Room); r.ownedBy(lease) {
				r.owner, r.ends = cluster.Lease{}, time.Time{}
			}
		}
		return nil
	})
}

// AskFor implements cluster.Shared.
func (c *Client) AskFor(ctx context.Context, name string, ttl time.Duration) error {
	return c.call(ctx, "AskFor", func(s *state) error {
		s.room(name).asked = time.Now().Add(ttl)
		return nil
	})
}
