package redis_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// A Client is what nodes share.
var _ cluster.Shared = (*redis.Client)(nil)

const ttl = 10 * time.Second

func open(t testing.TB, url string) *redis.Client {
	t.Helper()
	config := redis.Config{URL: url, Timeout: 5 * time.Second}
	c, err := redis.Open(t.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// onBoth runs a test on a single Redis and on a Redis Cluster.
func onBoth(t *testing.T, test func(t *testing.T, c *redis.Client, servers []*redistest.Server)) {
	t.Run("single", func(t *testing.T) {
		s := redistest.Start(t)
		test(t, open(t, s.URL()), []*redistest.Server{s})
	})
	t.Run("cluster", func(t *testing.T) {
		cluster := redistest.StartCluster(t, 3)
		test(t, open(t, cluster.URL()), cluster.Servers)
	})
}

func announce(t testing.TB, c *redis.Client, node string) redis.Sight {
	t.Helper()
	sight, err := c.Announce(t.Context(), node, []byte("I am "+node), ttl)
	if err != nil {
		t.Fatal(err)
	}
	return sight
}

// acquire takes the lease of a room in the generation that there is.
func acquire(t testing.TB, c *redis.Client, room, node string) redis.Grant {
	t.Helper()
	generation := announce(t, c, node).Generations[c.ShardOf(room)]
	grant, err := c.Acquire(t.Context(), room, node, ttl, generation)
	if err != nil || grant.Generation != generation {
		t.Fatalf("%+v, %v, generation %s", grant, err, generation)
	}
	return grant
}

// appendRows appends rows, and returns the errors of each.
func appendRows(t testing.TB, c *redis.Client, rows ...redis.FencedRow) []redis.FencedRow {
	t.Helper()
	if err := c.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func row(lease redis.Lease, incarnation uint64, data string) redis.FencedRow {
	return redis.FencedRow{Lease: lease, Incarnation: incarnation, Data: []byte(data)}
}

// contents returns what is stored of a room as texts.
func contents(t testing.TB, c *redis.Client, room string) (state redis.RoomState, rows []string) {
	t.Helper()
	state, err := c.Load(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range state.Rows {
		rows = append(rows, string(r.Data))
	}
	return state, rows
}

// TestAnnounce shows that nodes see each other, and that only the first finds Redis empty.
func TestAnnounce(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redis.Client, servers []*redistest.Server) {
		first, second := announce(t, c, "a"), announce(t, c, "b")
		if !first.Emptied || second.Emptied ||
			!slices.Equal(first.Generations, second.Generations) {
			t.Errorf("%+v, %+v", first, second)
		}
		if len(second.Nodes) != 2 || string(second.Nodes["a"]) != "I am a" ||
			second.RoundTrip <= 0 {
			t.Errorf("%+v", second)
		}
		if err := c.Withdraw(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if left := announce(t, c, "b"); len(left.Nodes) != 1 {
			t.Errorf("%+v", left)
		}
		for _, s := range servers {
			s.Flush()
		}
		again := announce(t, c, "b")
		for i, g := range again.Generations {
			if !again.Emptied || g == first.Generations[i] {
				t.Errorf("after a flush: %+v", again)
			}
		}
	})
}

// TestLeases shows that one node has a room at a time, until it releases it or its lease ends.
func TestLeases(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redis.Client, _ []*redistest.Server) {
		a := acquire(t, c, "r", "a")
		again, b := acquire(t, c, "r", "a"), acquire(t, c, "r", "b")
		if a.Lease.Node != "a" || again.Lease != a.Lease || b.Lease != a.Lease {
			t.Errorf("%+v, %+v, %+v", a, again, b)
		}
		owners, err := c.Owners(t.Context(), []string{"r", "nobody's"})
		if err != nil || owners[0] != a.Lease || owners[1] != (redis.Lease{Room: "nobody's"}) {
			t.Errorf("%+v, %v", owners, err)
		}
		if err := c.AskFor(t.Context(), "r", ttl); err != nil {
			t.Fatal(err)
		}
		stranger := a.Lease
		stranger.Node = "b"
		renewals := []redis.Renewal{{Lease: a.Lease, Version: 7}, {Lease: stranger}}
		if err := c.Renew(t.Context(), renewals, ttl); err != nil {
			t.Fatal(err)
		}
		if renewals[0].Err != nil || !renewals[0].Asked ||
			!errors.Is(renewals[1].Err, cluster.ErrNotOwner) {
			t.Errorf("%+v", renewals)
		}
		if err := c.Release(t.Context(), []redis.Lease{stranger, a.Lease}); err != nil {
			t.Fatal(err)
		}
		b = acquire(t, c, "r", "b")
		if b.Lease.Node != "b" || b.Lease.Fence <= a.Lease.Fence || b.Version != 7 {
			t.Errorf("%+v after %+v", b, a)
		}
		other, err := c.Acquire(t.Context(), "r", "b", ttl, "another")
		if err != nil || other.Generation == "another" || other.Lease.Node != "" {
			t.Errorf("in another generation: %+v, %v", other, err)
		}
	})
}

// TestAppend shows that rows of many rooms are stored in their order, that a room of another node
// holds up no other, and that a snapshot replaces the rows that it covers.
func TestAppend(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redis.Client, _ []*redistest.Server) {
		var rows []redis.FencedRow
		for i := range 600 {
			lease := acquire(t, c, fmt.Sprint("room ", i), "a").Lease
			rows = append(rows, row(lease, 5, "first"), row(lease, 5, fmt.Sprint(i)))
		}
		stolen := 5
		rows[stolen].Lease.Node = "b"
		for i, r := range appendRows(t, c, rows...) {
			refused := errors.Is(r.Err, cluster.ErrNotOwner)
			if refused != (i == stolen) || i != stolen && r.Err != nil {
				t.Fatalf("row %d: %v", i, r.Err)
			}
		}
		state, texts := contents(t, c, "room 7")
		if !slices.Equal(texts, []string{"first", "7"}) || state.Incarnation != 5 ||
			state.Rows[0].At != rows[14].At || state.Rows[1].At != rows[15].At {
			t.Errorf("%q, %+v", texts, state)
		}
		snapshot := redis.FencedSnapshot{
			Data: []byte("S"), Incarnation: 5, Version: 9, Through: rows[14].At,
		}
		if err := c.SaveSnapshot(t.Context(), rows[14].Lease, snapshot); err != nil {
			t.Fatal(err)
		}
		state, texts = contents(t, c, "room 7")
		if !slices.Equal(texts, []string{"7"}) || string(state.Snapshot) != "S" ||
			state.Version != 9 {
			t.Errorf("%q, %+v", texts, state)
		}
	})
}
