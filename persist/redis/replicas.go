package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// ErrReplicas says that too few replicas have what was written, which is stored all the same.
var ErrReplicas = errors.New("too few replicas of Redis have it")

// replicated waits until Config.Replicas replicas have the rows that were appended. After an error
// they are not taken for appended.
func (c *Client) replicated(ctx context.Context, rows []FencedRow) error {
	if c.config.Replicas == 0 {
		return nil
	}
	written := map[int]bool{}
	for i := range rows {
		if rows[i].Err == nil {
			written[c.ShardOf(rows[i].Lease.Room)] = true
		}
	}
	err := c.wait(ctx, written, c.config.Replicas)
	if err != nil {
		for i := range rows {
			rows[i].At = Position{}
		}
	}
	return err
}

// WaitReplicas returns when so many replicas have all that was written before the call, of each
// shard; else it is an ErrReplicas.
func (c *Client) WaitReplicas(ctx context.Context, replicas int) error {
	if err := c.usable(ctx); err != nil {
		return err
	}
	all := map[int]bool{}
	for i := range c.tags {
		all[i] = true
	}
	return c.wait(ctx, all, replicas)
}

// wait waits for the replicas of some shards, at once.
func (c *Client) wait(ctx context.Context, of map[int]bool, replicas int) error {
	ctx, cancel := c.limit(ctx, 0)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(c.tags))
	for shard := range of {
		wg.Go(func() { errs[shard] = c.waitShard(ctx, shard, replicas) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// waitShard writes something, and waits until replicas have it: then they have all before it, as
// there is one stream of writes. Both are on one connection, which nobody else uses meanwhile.
func (c *Client) waitShard(ctx context.Context, shard, replicas int) error {
	return c.r.Dedicated(func(d rueidis.DedicatedClient) error {
		if err := c.writeMark(ctx, d, shard); err != nil {
			return err
		}
		return await(ctx, d, replicas, c.config.Timeout*3/4)
	})
}

// writeMark makes a connection the one that has written last to a shard.
func (c *Client) writeMark(ctx context.Context, d rueidis.DedicatedClient, shard int) error {
	err := d.Do(ctx, d.B().Set().Key(c.tags[shard]+":written").Value("1").Build()).Error()
	if err != nil {
		return failure(err)
	}
	return nil
}

// await waits until replicas have what the connection has written.
func await(
	ctx context.Context, d rueidis.DedicatedClient, replicas int, limit time.Duration,
) error {
	n, err := d.Do(ctx, d.B().Arbitrary("WAIT").
		Args(strconv.Itoa(replicas), milliseconds(limit)).Build()).AsInt64()
	if err != nil {
		return failure(err)
	}
	if int(n) < replicas {
		return fmt.Errorf("%w: %d of %d", ErrReplicas, n, replicas)
	}
	return nil
}

// settleFor is how long leases are not given up while no replica has what was written, and
// settleAgain how long replicas that were waited for in vain are not waited for again.
const (
	settleFor   = 200 * time.Millisecond
	settleAgain = 10 * time.Second
)

// settle waits until a replica has what was written to shards, if they have any: after a failover
// the next owner finds it. It waits for settleFor at most.
func (c *Client) settle(ctx context.Context, list []call) {
	if time.Now().UnixNano() < c.unsettled.Load() {
		return
	}
	for _, call := range list {
		err := c.r.Dedicated(func(d rueidis.DedicatedClient) error {
			return c.settleShard(ctx, d, call.shard)
		})
		if err != nil {
			c.unsettled.Store(time.Now().Add(settleAgain).UnixNano())
			return
		}
	}
}

func (c *Client) settleShard(ctx context.Context, d rueidis.DedicatedClient, shard int) error {
	if err := c.writeMark(ctx, d, shard); err != nil {
		return err
	}
	text, err := d.Do(ctx, d.B().Info().Section("replication").Build()).ToString()
	if err != nil || parseInfo(text)["connected_slaves"] == "0" {
		return err
	}
	return await(ctx, d, 1, settleFor)
}
