package redis_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
	"github.com/civicpress/civic-realtime/persist/storetest"
)

// TestSuite shows that rooms in Redis are what package persist documents.
func TestSuite(t *testing.T) {
	t.Run("single", func(t *testing.T) {
		s := redistest.Start(t)
		suite(t, s.URL(), s)
	})
	t.Run("cluster", func(t *testing.T) {
		c := redistest.StartCluster(t, 3)
		suite(t, c.URL(), c.Servers...)
	})
}

// suite runs the suite: each store is of another node, which begins with empty servers.
func suite(t *testing.T, url string, servers ...*redistest.Server) {
	c, opened := open(t, url), 0
	storetest.Run(t, storetest.Backend{
		Durable: true,
		New: func(_ *testing.T, keep persist.Retention) func() storetest.Store {
			for _, s := range servers {
				s.Flush()
			}
			announce(t, c, "a")
			return func() storetest.Store {
				opened++
				return c.Rooms(fmt.Sprint("node ", opened), keep)
			}
		},
		Damage: func(t *testing.T, room string) { damage(t, servers, room) },
	})
}

// damage changes a byte of a room's snapshot.
func damage(t testing.TB, servers []*redistest.Server, room string) {
	t.Helper()
	for _, s := range servers {
		keys, _ := s.Do("KEYS", "*:snapshot:"+room).([]any)
		for _, key := range keys {
			s.Do("SETRANGE", key.(string), "7", "\x00")
			return
		}
	}
	t.Fatalf("no snapshot of %s", strings.ToValidUTF8(room, "?"))
}
