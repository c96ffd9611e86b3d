package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// startOn starts a node on a real Redis, with leases that last long enough for a busy machine.
func startOn(t *testing.T, url, address string) *node {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log := slog.New(slog.DiscardHandler)
	client, err := redis.Open(ctx, redis.Config{URL: url}, log)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{holder: &holder{}}
	n.Node = cluster.New(cluster.Config{
		Shared: client, ShardOf: client.ShardOf, Address: address, Log: log,
		Announce: 100 * time.Millisecond,
	})
	n.SetHolder(n.holder)
	var running sync.WaitGroup
	running.Go(func() { n.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		client.Close()
	})
	return n
}

// shareRooms lets two nodes take rooms, each the other's half after it, and hand all of them over.
func shareRooms(t *testing.T, url string) {
	ctx := t.Context()
	a, b := startOn(t, url, "a:1"), startOn(t, url, "b:1")
	nodes := []*node{a, b}
	var rooms []string
	for i := range 40 {
		rooms = append(rooms, fmt.Sprintf("record:%d", i))
		nodes[i%2].take(t, rooms[i])
	}
	for i, room := range rooms {
		nodes[1-i%2].mustBeAt(t, room, nodes[i%2])
	}
	for len(a.Nodes()) != 2 || len(b.Nodes()) != 2 {
		time.Sleep(time.Millisecond)
	}
	for i, room := range rooms {
		want := []string{"a:1", "b:1"}[i%2]
		if at, err := nodes[1-i%2].Owner(ctx, room); err != nil || at != want {
			t.Fatal(at, err)
		}
		if at, err := nodes[i%2].Owner(ctx, room); err != nil || at != "" {
			t.Fatal(at, err)
		}
	}
	for i := range nodes {
		var own []string
		for j := i; j < len(rooms); j += 2 {
			own = append(own, rooms[j])
		}
		if err := nodes[i].Release(ctx, own...); err != nil {
			t.Fatal(err)
		}
		for _, room := range own {
			nodes[1-i].take(t, room)
		}
	}
	var all sync.WaitGroup
	for _, room := range rooms {
		all.Go(func() {
			_, errA := a.Confirm(ctx, room)
			_, errB := b.Confirm(ctx, room)
			if errors.Is(errA, cluster.ErrNotOwner) == errors.Is(errB, cluster.ErrNotOwner) {
				t.Errorf("%s: %v, %v", room, errA, errB)
			}
		})
	}
	all.Wait()
}

// TestOnRedis shows that two nodes share rooms on a real Redis, and that a restart of it is a new
// generation, in which a node can take rooms again.
func TestOnRedis(t *testing.T) {
	server := redistest.Start(t, "appendonly yes")
	shareRooms(t, server.URL())
	c := startOn(t, server.URL(), "c:1")
	c.take(t, "record:c")
	before := c.Status().Generations[0]
	server.Stop()
	server.Restart()
	for c.Status().Generations[0] == before || c.Status().PuttingBack {
		time.Sleep(time.Millisecond)
	}
	if now := c.Status().Generations[0]; cluster.Emptied(before, now) {
		t.Error(before, now)
	}
	c.take(t, "record:c")
	before = c.Status().Generations[0]
	server.Flush()
	for c.Status().Generations[0] == before || c.Status().PuttingBack {
		time.Sleep(time.Millisecond)
	}
	if now := c.Status().Generations[0]; !cluster.Emptied(before, now) {
		t.Error(before, now)
	}
	c.take(t, "record:c")
}

// TestOnRedisCluster shows that two nodes share rooms on a Redis Cluster, whose shards are on
// several servers.
func TestOnRedisCluster(t *testing.T) {
	servers := redistest.StartCluster(t, 3)
	shareRooms(t, servers.URL())
}
