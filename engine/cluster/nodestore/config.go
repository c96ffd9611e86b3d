package nodestore

import (
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// workers is how many rooms are worked on at a time, so that one that takes long holds up no other.
const workers = 8

// Config configures a Store. Node, Shared, Archive and Local are required; the caller closes them.
type Config struct {
	Node    Node
	Shared  Shared
	Archive Archive
	Local   Local
	ShardOf func(room string) int // as cluster.Config has it; nil: 0

	// Redis says that rows are durable when Redis has them, too (cluster.durability: redis).
	// Default: when the local disk has them.
	Redis bool
	// Delay is after how long rows are sent to Redis. Default: 200 ms.
	Delay time.Duration
	// OutboxBytes is the most memory that rows may take that are to be sent. Of a room for which
	// there is none left the whole state is sent. Default: 64 MiB.
	OutboxBytes int64
	// Lag is how long ago a room may have been released for its state to be put back after Redis
	// has failed over or restarted: what a replica, or what Redis writes to its disk, may lag.
	// Default: 1 h, as Redis saves its data once an hour if little changes.
	Lag time.Duration
	// Timeout bounds a call of Redis for one room, and one call for many. Default: 5 s.
	Timeout time.Duration

	MaxDocument int                // the longest document in bytes; default: 64 MiB
	Compression snapshot.Algorithm // of states that are merged here

	Log     *slog.Logger // default: slog.Default
	Metrics *metrics.Set // default: a set of its own
}

func (c Config) withDefaults() Config {
	if c.ShardOf == nil {
		c.ShardOf = func(string) int { return 0 }
	}
	if c.Delay <= 0 {
		c.Delay = 200 * time.Millisecond
	}
	if c.OutboxBytes <= 0 {
		c.OutboxBytes = 64 << 20
	}
	if c.Lag <= 0 {
		c.Lag = time.Hour
	}
	if c.Timeout <= 0 {
		c.Timeout = 5 * time.Second
	}
	if c.MaxDocument <= 0 {
		c.MaxDocument = 64 << 20
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = metrics.NewSet()
	}
	return c
}
