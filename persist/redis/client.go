package redis

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/civicpress/civic-realtime/persist"
)

// Client is a connection to a Redis, one that sentinels watch over, or a Redis Cluster. Its methods
// are safe for concurrent use. They retry nothing: after an error that is not an answer about a
// room it is unknown whether the call had an effect.
type Client struct {
	config Config
	log    *slog.Logger
	r      rueidis.Client
	tags   []string // of the shards: the beginning of their keys, which all hash to one slot
	closed atomic.Bool

	// number is the last number that was given to a row. Numbers are unique in this process, and
	// begin with the time, so that a room's ascend from one process to the next.
	number atomic.Uint64

	known knownRooms
	// unsettled is until when settle waits for no replica, in nanoseconds since 1970.
	unsettled atomic.Int64
	counts    *counts

	sweepMu sync.Mutex
	swept   []string // by shard, the last room of which dropVersions has looked at the versions
}

// shards is how many parts the rooms of a Redis Cluster are divided into. It is a part of the
// layout: a room's shard never changes.
const shards = 16

// Open connects to Redis.
func Open(ctx context.Context, c Config, log *slog.Logger) (*Client, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	options, err := c.options()
	if err != nil {
		return nil, err
	}
	r, err := connect(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("connecting to Redis: %w", err)
	}
	client := &Client{
		config: c, log: log, r: r, tags: []string{"{" + c.Prefix + "}"}, counts: newCounts(),
	}
	if r.Mode() == rueidis.ClientModeCluster {
		client.tags = nil
		for i := range shards {
			client.tags = append(client.tags, fmt.Sprintf("{%s:%02d}", c.Prefix, i))
		}
	}
	client.number.Store(uint64(time.Now().UnixMicro()))
	return client, nil
}

// connect makes the library's client, which does not know contexts while it connects.
func connect(ctx context.Context, o rueidis.ClientOption) (rueidis.Client, error) {
	type result struct {
		r   rueidis.Client
		err error
	}
	done := make(chan result, 1)
	go func() {
		r, err := rueidis.NewClient(o)
		done <- result{r, err}
	}()
	select {
	case got := <-done:
		return got.r, got.err
	case <-ctx.Done():
		go func() {
			if late := <-done; late.err == nil {
				late.r.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

// Close closes the connections. Calls fail from then on.
func (c *Client) Close() error {
	if !c.closed.Swap(true) {
		c.r.Close()
	}
	return nil
}

// ShardOf returns the index of a room's shard among the generations of Announce.
func (c *Client) ShardOf(room string) int {
	if len(c.tags) == 1 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(room))
	return int(h.Sum32() % uint32(len(c.tags)))
}

// call is a call of a script for some rooms of one shard.
type call struct {
	shard int
	args  []string
}

// usable fails if a call must not begin.
func (c *Client) usable(ctx context.Context) error {
	if c.closed.Load() {
		return persist.ErrClosed
	}
	return ctx.Err()
}

// perSecond is the least number of bytes of large blobs that is expected in a second.
const perSecond = 4 << 20

// limit returns the context of a call that moves so many bytes.
func (c *Client) limit(ctx context.Context, bytes int) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.config.Timeout+time.Duration(bytes/perSecond)*time.Second)
}

// run calls a script for shards, in one pipeline, and returns an answer, or error, for each call.
// Calls of different shards succeed or fail by themselves.
func (c *Client) run(ctx context.Context, s *script, calls ...call) []rueidis.RedisResult {
	bytes := s.answer
	commands := make(rueidis.Commands, len(calls))
	for i, call := range calls {
		commands[i] = c.r.B().Evalsha().Sha1(s.sha).Numkeys(1).Key(c.tags[call.shard]).
			Arg(call.args...).Build()
		for _, arg := range call.args {
			bytes += len(arg)
		}
	}
	ctx, cancel := c.limit(ctx, bytes)
	defer cancel()
	began := time.Now()
	results := c.r.DoMulti(ctx, commands...)
	c.loadMissing(ctx, s, calls, results)
	c.counts.took(s.op, time.Since(began), results)
	return results
}

// ask sends commands, in one pipeline. bytes are how many may be answered.
func (c *Client) ask(
	ctx context.Context, o op, bytes int, commands ...rueidis.Completed,
) []rueidis.RedisResult {
	ctx, cancel := c.limit(ctx, bytes)
	defer cancel()
	began := time.Now()
	results := c.r.DoMulti(ctx, commands...)
	c.counts.took(o, time.Since(began), results)
	return results
}

// loadMissing repeats calls that Redis did not run, as it does not know the script yet.
func (c *Client) loadMissing(
	ctx context.Context, s *script, calls []call, results []rueidis.RedisResult,
) {
	var again rueidis.Commands
	var at []int
	for i, result := range results {
		if err, ok := rueidis.IsRedisErr(result.Error()); ok && err.IsNoScript() {
			again = append(again, c.r.B().Eval().Script(s.source).Numkeys(1).
				Key(c.tags[calls[i].shard]).Arg(calls[i].args...).Build())
			at = append(at, i)
		}
	}
	if len(again) == 0 {
		return
	}
	for i, result := range c.r.DoMulti(ctx, again...) {
		results[at[i]] = result
	}
}

// code calls a script for one room, that answers with a refusal, or 0.
func (c *Client) code(ctx context.Context, s *script, room string, args ...string) error {
	if err := c.usable(ctx); err != nil {
		return err
	}
	code, err := c.run(ctx, s, call{c.ShardOf(room), args})[0].AsInt64()
	if err != nil {
		return failure(err)
	}
	return refused(code)
}

// Healthy returns the error of the last call, if it did not reach Redis. It does not block.
func (c *Client) Healthy() error {
	if away := c.counts.away.Load(); away != nil {
		return failure(*away)
	}
	return nil
}

// WriteMetrics writes the metrics, which MetricHelp describes.
func (c *Client) WriteMetrics(w io.Writer) { c.counts.write(w) }

// failure returns the error of a call of the library.
func failure(err error) error {
	if errors.Is(err, rueidis.ErrClosing) {
		return persist.ErrClosed
	}
	if _, answered := rueidis.IsRedisErr(err); answered {
		return fmt.Errorf("Redis: %w", err)
	}
	return unreachable{err}
}
