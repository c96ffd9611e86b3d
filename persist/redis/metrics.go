package redis

import (
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// counts are what WriteMetrics writes.
type counts struct {
	calls, errors, damage atomic.Uint64
	took_                 atomic.Int64
}

func (c *counts) took(d time.Duration, results []rueidis.RedisResult) {
	c.calls.Add(1)
	c.took_.Add(int64(d))
	for _, r := range results {
		if r.Error() != nil {
			c.errors.Add(1)
			return
		}
	}
}
