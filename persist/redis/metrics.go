package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/redis/rueidis"
)

// op is the purpose of a call, for metrics.
type op int

const (
	opAnnounce op = iota
	opAcquire
	opRenew
	opRelease
	opOwners
	opAppend
	opLoad
	opSnapshot
	opLate
	opClaim
	opArchive
	opList
	opDecisions
	opSettings
	opOutbox
	ops
)

var opNames = [ops]string{
	"announce", "acquire", "renew", "release", "owners", "append", "load", "snapshot", "late",
	"claim", "archive", "list", "decisions", "settings", "outbox",
}

// counts are a Client's metrics.
type counts struct {
	set     *metrics.Set
	seconds [ops]*metrics.PrometheusHistogram
	failed  [ops]*metrics.Counter
	damage  *metrics.Counter

	away atomic.Pointer[error] // why the last call did not reach Redis; nil: it did
}

func newCounts() *counts {
	c := &counts{set: metrics.NewSet()}
	for o := range ops {
		c.seconds[o] = c.set.NewPrometheusHistogramExt(
			fmt.Sprintf("realtime_redis_call_seconds{call=%q}", opNames[o]),
			metrics.ExponentialBuckets(0.0001, 2, 15))
		c.failed[o] = c.set.NewCounter(
			fmt.Sprintf("realtime_redis_failures_total{call=%q}", opNames[o]))
	}
	c.damage = c.set.NewCounter("realtime_redis_damage_total")
	c.set.NewGauge("realtime_redis_reachable", func() float64 {
		if c.away.Load() != nil {
			return 0
		}
		return 1
	})
	return c
}

// took counts a call, with its results. What its caller has given up is no failure.
func (c *counts) took(o op, d time.Duration, results []rueidis.RedisResult) {
	var failed error
	reached := len(results) == 0
	for _, r := range results {
		err := r.Error()
		if err == nil || rueidis.IsRedisNil(err) {
			reached = true
			continue
		}
		if _, answered := rueidis.IsRedisErr(err); answered {
			reached = true
		}
		failed = err
	}
	if errors.Is(failed, context.Canceled) {
		return
	}
	c.seconds[o].Update(max(0, d).Seconds())
	if failed != nil {
		c.failed[o].Inc()
	}
	if reached {
		c.away.Store(nil)
	} else if failed != nil {
		c.away.Store(&failed)
	}
}

// write writes the metrics.
func (c *counts) write(w io.Writer) { c.set.WritePrometheus(w) }
