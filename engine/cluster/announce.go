package cluster

import (
	"context"
	"log/slog"
	"time"
)

// announceAll announces this node each Config.Announce, and whenever it is asked to.
func (n *Node) announceAll(ctx context.Context) {
	ticker := time.NewTicker(n.c.Announce)
	defer ticker.Stop()
	for ctx.Err() == nil {
		n.announce(ctx)
		select {
		case <-ticker.C:
		case <-n.kick:
		case <-ctx.Done():
		}
	}
}

// announce announces this node once, and takes what that shows of others and of Redis.
func (n *Node) announce(ctx context.Context) {
	at := n.c.Clock()
	description, number := n.description(at)
	call, cancel := n.callTimeout(ctx)
	defer cancel()
	began := time.Now()
	sight, err := n.c.Shared.Announce(call, n.name, description, n.c.TTL)
	if err != nil {
		n.count.redisFailures.Inc()
	} else {
		n.count.redis.UpdateDuration(began)
	}
	n.announced(ctx, number, at, sight, err)
}

// description returns what is announced next, and its number.
func (n *Node) description(at time.Duration) (description []byte, number uint64) {
	var more []byte
	if n.c.Describe != nil {
		more = n.c.Describe()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.begun++
	a := announcement{
		Number: n.begun, Address: n.c.Address, Calm: len(n.shards) > 0,
		Oldest: n.c.Oldest, Newest: n.c.Newest, more: more,
	}
	for _, s := range n.shards {
		a.PutBack = append(a.PutBack, s.putBack)
		a.Calm = a.Calm && at >= s.calm
	}
	return a.encode(), n.begun
}

// announced takes the answer of an announcement.
func (n *Node) announced(ctx context.Context, number uint64, at time.Duration, s Sight, err error) {
	n.mu.Lock()
	failedBefore, changes := n.err != nil, 0
	n.ended, n.err = number, err
	if err == nil {
		changes = n.see(s, at)
	}
	n.notify()
	n.mu.Unlock()
	if changes > 0 {
		n.count.changes.Add(changes)
		n.c.Log.Warn("Redis has failed over, was restarted or emptied: what it may have lost is put back",
			slog.Int("shards", changes))
	}
	switch {
	case err == nil:
		ask(n.work)
		if failedBefore {
			n.c.Log.Info("Redis can be reached again")
		}
	case !failedBefore && ctx.Err() == nil:
		n.c.Log.Error("Redis cannot be reached", slog.Any("reason", err))
	}
}

// look waits for an announcement that begins after the call, so that what is known of Redis is at
// least as new. Calls at the same time wait for the same one.
func (n *Node) look(ctx context.Context) error {
	n.mu.Lock()
	next := n.begun + 1
	n.mu.Unlock()
	for {
		n.mu.Lock()
		ended, err, changed := n.ended, n.err, n.changed
		if n.begun < next {
			ask(n.kick)
		}
		n.mu.Unlock()
		if ended >= next {
			return err
		}
		if _, err := wait(ctx, changed, n.c.Announce); err != nil {
			return err
		}
	}
}
