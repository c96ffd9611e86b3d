package redis

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Acquire takes the lease of a room for the node, if nobody has it, or this node has it. It does
// nothing and says so in Grant.Generation if the shard has another generation than the one given.
// A node that has the lease since before a failover gets another fence.
func (c *Client) Acquire(
	ctx context.Context, room, node string, ttl time.Duration, generation string,
) (Grant, error) {
	if err := c.usable(ctx); err != nil {
		return Grant{}, err
	}
	args := []string{generation, node, milliseconds(ttl), room}
	answer, err := texts(c.run(ctx, acquireScript, call{c.ShardOf(room), args})[0])
	if err != nil {
		return Grant{}, err
	}
	if len(answer) == 1 {
		return Grant{Generation: answer[0]}, nil
	}
	if len(answer) != 1+grantParts {
		return Grant{}, errAnswer
	}
	return grant(room, answer[0], answer[1:]), nil
}

// grantParts is how many texts a script says about a room that is acquired.
const grantParts = 6

// grant returns what a script says about a room.
func grant(room, generation string, a []string) Grant {
	late, _ := strconv.Atoi(a[4])
	return Grant{
		Lease:       Lease{Room: room, Node: a[1], Fence: parse(a[0], 10)},
		Incarnation: parse(a[2], 16), Version: parse(a[3], 10), Late: late, Generation: generation,
	}
}

// Owners returns the owner of each room; empty Node: nobody.
func (c *Client) Owners(ctx context.Context, rooms []string) ([]Lease, error) {
	if err := c.usable(ctx); err != nil {
		return nil, err
	}
	commands := make(rueidis.Commands, len(rooms))
	for i, room := range rooms {
		commands[i] = c.r.B().Get().Key(c.key("owner", room)).Build()
	}
	owners := make([]Lease, len(rooms))
	for i, result := range c.ask(ctx, opOwners, 0, commands...) {
		value, err := result.ToString()
		if err != nil && !rueidis.IsRedisNil(err) {
			return nil, failure(err)
		}
		owners[i] = owner(rooms[i], value)
	}
	return owners, nil
}

// owner returns the lease that the value of an owner says: "<fence> <node> <incarnation> <run id>".
func owner(room, value string) Lease {
	fence, node, _ := strings.Cut(value, " ")
	for range 2 {
		node = node[:max(strings.LastIndexByte(node, ' '), 0)]
	}
	return Lease{Room: room, Node: node, Fence: parse(fence, 10)}
}

// key returns a key of a room.
func (c *Client) key(kind, room string) string {
	return c.tags[c.ShardOf(room)] + ":" + kind + ":" + room
}

// Renew extends leases in one pipeline, raises the stored version of each room, and sets the answer
// of each. The stored version may lag behind by less than 4,096. It fails if all fail; otherwise
// those that fail have an Err that is no refusal.
func (c *Client) Renew(ctx context.Context, renewals []Renewal, ttl time.Duration) error {
	if err := c.usable(ctx); err != nil || len(renewals) == 0 {
		return err
	}
	b := c.newCalls(milliseconds(ttl))
	for i := range renewals {
		r := &renewals[i]
		b.add(c.ShardOf(r.Lease.Room), i, r.Lease.Room, held(r.Lease),
			decimal(c.known.raised(r.Lease, r.Version)))
	}
	return b.each(c.run(ctx, renewScript, b.list...), func(i int, n int64, err error) {
		r := &renewals[i]
		r.Late, r.Asked, r.Err = 0, false, err
		if err == nil && n < 0 {
			r.Err = refused(-n)
		} else if err == nil {
			r.Late, r.Asked = int(n>>1), n&1 == 1
		}
		if r.Err != nil {
			c.known.forget(r.Lease.Room)
		}
	})
}

// each gives the number that was answered about each room, or the error of its call, to f. It fails
// if all calls have failed.
func (b *calls) each(results []rueidis.RedisResult, f func(i int, n int64, err error)) error {
	var last error
	failed := 0
	for at, result := range results {
		all, err := numbers(result, len(b.items[at]))
		if err != nil {
			last = err
			failed++
		}
		for k, i := range b.items[at] {
			if err != nil {
				f(i, 0, err)
			} else {
				f(i, all[k], nil)
			}
		}
	}
	if failed > 0 && failed == len(results) {
		return last
	}
	return nil
}

// Release gives leases up that the node still has. Where there are replicas it first waits, for a
// moment, until one has what was written.
func (c *Client) Release(ctx context.Context, leases []Lease) error {
	if err := c.usable(ctx); err != nil || len(leases) == 0 {
		return err
	}
	b := c.newCalls()
	for i, l := range leases {
		b.add(c.ShardOf(l.Room), i, l.Room, held(l))
		c.known.forget(l.Room)
	}
	c.settle(ctx, b.list)
	for _, result := range c.run(ctx, releaseScript, b.list...) {
		if err := result.Error(); err != nil {
			return failure(err)
		}
	}
	return nil
}

// AskFor asks the owner of a room to give it up. Renew tells the owner so for about ttl.
func (c *Client) AskFor(ctx context.Context, room string, ttl time.Duration) error {
	return c.code(ctx, askScript, room, room, milliseconds(ttl))
}
