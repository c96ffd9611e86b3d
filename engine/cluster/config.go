package cluster

import (
	"context"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Config configures a Node. Shared and Address are required.
type Config struct {
	Shared  Shared
	ShardOf func(room string) int // shard of Redis that a room is in; nil: 0
	Address string                // of the peer listener, as other nodes dial it

	// Describe returns what this node announces of itself beside its address, in a form of the
	// caller's; it is called with each announcement. Nil: nothing.
	Describe func() []byte
	// AskPeer asks the node at an address whether it sees Redis. Nil: nobody is asked.
	AskPeer func(ctx context.Context, address string) (sees bool, err error)

	// Oldest and Newest are the forms of stored data that this node reads. Default: 1.
	Oldest, Newest int

	TTL      time.Duration // of leases and announcements in Redis; default: 10 s
	Margin   time.Duration // by which a lease ends earlier for its owner; default: TTL / 5
	Renew    time.Duration // between renewals of leases; default: TTL * 2 / 5
	Announce time.Duration // between announcements; default: TTL / 10

	Log     *slog.Logger         // default: slog.Default
	Metrics *metrics.Set         // default: a set of its own
	Clock   func() time.Duration // default: the time since the machine was started
}

func (c Config) withDefaults() Config {
	if c.ShardOf == nil {
		c.ShardOf = func(string) int { return 0 }
	}
	c.Oldest, c.Newest = max(c.Oldest, 1), max(c.Newest, 1)
	if c.TTL <= 0 {
		c.TTL = 10 * time.Second
	}
	if c.Renew <= 0 {
		c.Renew = c.TTL * 2 / 5
	}
	if c.Announce <= 0 {
		c.Announce = c.TTL / 10
	}
	if c.Margin <= 0 {
		c.Margin = c.TTL / 5
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = metrics.NewSet()
	}
	if c.Clock == nil {
		c.Clock = bootTime
	}
	return c
}
