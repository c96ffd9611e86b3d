package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/process"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/persist/redis"
)

// kind is a way of serving rooms, and what rooms.
type kind struct {
	name       string
	binary     string // empty: bench's
	nodes      int
	durability string // cluster.durability; empty: without Redis
	random     bool   // connections come to any node, not to that of their room
	shape      load.Shape
}

// town are running nodes, all on one core, and their Redis on another.
type town struct {
	kind
	nodes  []*process.Process
	redis  *process.Process // nil: none
	client *redis.Client
	empty  int64 // memory that Redis takes without rooms, in bytes
}

// start starts a Redis, if there is to be one, and the nodes.
func (b *bench) start(ctx context.Context, k kind) (t *town, err error) {
	t = &town{kind: k}
	defer func() {
		if err != nil {
			t.end()
		}
	}()
	url := ""
	if k.durability != "" {
		if url, err = t.startRedis(ctx, b.dir); err != nil {
			return t, err
		}
	}
	for range k.nodes {
		if err := b.startNode(ctx, t, url); err != nil {
			return t, err
		}
	}
	return t, nil
}

// startRedis starts a Redis that keeps what nodes store as most do, and returns its address.
func (t *town) startRedis(ctx context.Context, dir string) (url string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	addr := l.Addr().String()
	_ = l.Close()
	if dir, err = os.MkdirTemp(dir, "redis"); err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(addr)
	t.redis, err = process.StartAt(ctx, addr, "redis-server", "--bind", "127.0.0.1", "--port", port,
		"--dir", dir, "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
		"--loglevel", "warning")
	if err != nil {
		return "", fmt.Errorf("redis-server: %w", err)
	}
	url = "redis://" + addr
	options := redis.Config{URL: url, Prefix: prefix, Timeout: 10 * time.Second}
	if t.client, err = redis.Open(ctx, options, slog.New(slog.DiscardHandler)); err != nil {
		return "", err
	}
	t.empty, err = t.used(ctx)
	return url, err
}

// used returns the memory that Redis takes, in bytes.
func (t *town) used(ctx context.Context) (int64, error) {
	all, err := t.client.Settings(ctx)
	if err != nil || len(all) != 1 {
		return 0, errors.Join(err, errors.New("Redis says nothing of its memory"))
	}
	return all[0].Used, all[0].Err
}

// config is the configuration of a node: as shipped, but that clients write faster than people.
const config = `realtime:
  rate_limiting:
    y_websocket_messages_per_second: 100000
    y_websocket_burst: 100000
`

// prefix begins the keys of nodes.
const prefix = "bench"

// startNode starts one more node.
func (b *bench) startNode(ctx context.Context, t *town, url string) error {
	dir, err := os.MkdirTemp(b.dir, "node")
	if err != nil {
		return err
	}
	text := config
	if url != "" {
		text += fmt.Sprintf("  redis: {enabled: true, url: %q, prefix: %q, timeout: 5s}\n", url, prefix)
		text += fmt.Sprintf("  cluster: {durability: %s}\n", t.durability)
	}
	path := filepath.Join(dir, "realtime.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	binary := t.binary
	if binary == "" {
		binary = b.binary
	}
	node, err := process.Start(ctx, nil, append(process.Pin(b.serverCPU), binary, "serve", "--dev",
		"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-level", "error",
		"--data-dir", filepath.Join(dir, "data"), "--config", path)...)
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	t.nodes = append(t.nodes, node)
	return nil
}

// end ends all processes.
func (t *town) end() {
	for _, n := range t.nodes {
		n.Stop()
	}
	for _, n := range t.nodes {
		n.End()
	}
	if t.client != nil {
		_ = t.client.Close()
	}
	if t.redis != nil {
		t.redis.End()
	}
}

// cpu returns the CPU time of all nodes.
func (t *town) cpu() (sum time.Duration) {
	for _, n := range t.nodes {
		sum += n.CPU()
	}
	return sum
}

// target returns where clients connect: as a proxy that hashes the path sends them, or anywhere.
func (t *town) target() load.Target {
	return load.Target{
		Dialect: load.Ours(protocol.YWebsocket{}),
		Place:   func(room string, seat int) string { return t.nodes[t.place(room, seat)].Addr },
	}
}

// place returns the index of the node for a client.
func (t *town) place(room string, seat int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(room))
	if t.random {
		_, _ = h.Write([]byte{byte(seat), byte(seat >> 8)})
	}
	return int(h.Sum32() % uint32(len(t.nodes)))
}
