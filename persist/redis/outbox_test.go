package redis_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
	"github.com/civicpress/civic-realtime/persist/storetest"
)

// TestOutbox shows that the outbox of all nodes is one as package persist documents it, on a single
// Redis and on a Redis Cluster.
func TestOutbox(t *testing.T) {
	run := func(t *testing.T, url string, servers ...*redistest.Server) {
		c, opened := open(t, url), 0
		storetest.RunOutbox(t, func(*testing.T) func() storetest.Outbox {
			for _, s := range servers {
				s.Flush()
			}
			return func() storetest.Outbox {
				opened++
				return c.Outbox(fmt.Sprint("node ", opened))
			}
		})
	}
	t.Run("single", func(t *testing.T) {
		s := redistest.Start(t)
		run(t, s.URL(), s)
	})
	t.Run("cluster", func(t *testing.T) {
		c := redistest.StartCluster(t, 3)
		run(t, c.URL(), c.Servers...)
	})
}

// TestOneNodeDelivers shows that of several nodes one holds the outbox, that another one takes over
// when that has closed it, or when its time has run out, and that all see what each of them adds.
func TestOneNodeDelivers(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	a, b := c.Outbox("a"), c.Outbox("b")
	hold := func(o storetest.Outbox, ttl time.Duration, want bool) {
		t.Helper()
		if held, err := o.Hold(t.Context(), ttl); held != want || err != nil {
			t.Errorf("held: %v, %v", held, err)
		}
	}
	hold(a, time.Minute, true)
	hold(b, time.Minute, false)
	hold(a, time.Minute, true)
	if err := b.Add(t.Context(), 0, []persist.OutboxEntry{{Queue: "q", ID: "1"}}, nil); err != nil {
		t.Fatal(err)
	}
	if all, err := a.Entries(t.Context(), 0, 9); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	hold(b, time.Minute, true)
	keys, _ := s.Do("KEYS", "*:outbox:holder").([]any)
	if len(keys) != 1 {
		t.Fatal(keys)
	}
	s.Do("PEXPIREAT", keys[0].(string), "1") // as if b had died a while ago
	hold(c.Outbox("c"), time.Minute, true)
	hold(b, time.Minute, false)
}
