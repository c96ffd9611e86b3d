package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/doctor"
	"github.com/civicpress/civic-realtime/persist/redis"
)

// examineRedis has doctor ask the servers of Redis, if this is one of several nodes.
func (c *Config) examineRedis(s *doctor.Subject) {
	if !c.clustered() {
		return
	}
	s.Redis = func(ctx context.Context) (
		servers []doctor.RedisServer, took time.Duration, err error,
	) {
		cfg, err := c.Redis.client()
		if err != nil {
			return nil, 0, err
		}
		client, err := redis.Open(ctx, cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			return nil, 0, err
		}
		defer func() { err = errors.Join(err, client.Close()) }()
		all, err := client.Settings(ctx)
		if err != nil {
			return nil, 0, err
		}
		for _, each := range all {
			servers = append(servers, serverOf(each, c.Cluster.Durability == "redis"))
		}
		took, err = answerTime(ctx, client)
		return servers, took, err
	}
}

// serverOf returns what doctor prints of a server. durable is as for checkRedis.
func serverOf(s redis.Settings, durable bool) doctor.RedisServer {
	return doctor.RedisServer{
		Address: s.Server, Role: s.Role, Version: s.Version, Replicas: s.Replicas,
		Refusals: s.Refusals(), Warnings: s.Warnings(durable),
	}
}

// answerTime returns the shortest time of a few calls that change nothing.
func answerTime(ctx context.Context, client *redis.Client) (shortest time.Duration, err error) {
	const calls = 5
	for i := range calls {
		began := time.Now()
		if _, err := client.Owners(ctx, []string{"doctor"}); err != nil {
			return 0, err
		}
		if took := time.Since(began); i == 0 || took < shortest {
			shortest = took
		}
	}
	return shortest, nil
}
