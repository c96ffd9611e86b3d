package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/persist/redis"
)

// redisPause is the time between two attempts to reach Redis at the start.
const redisPause = 500 * time.Millisecond

// open connects to Redis, for which it waits as long as Wait says, and checks its settings. durable
// is as for checkRedis.
func (r *redisConfig) open(
	ctx context.Context, durable bool, log *slog.Logger,
) (*redis.Client, error) {
	c, err := r.client()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.Wait))
	defer cancel()
	client, err := awaitRedis(ctx, c, log)
	if err != nil {
		return nil, fmt.Errorf("redis.url: %w", err)
	}
	if err := checkRedis(ctx, client, durable, log); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return client, nil
}

// client returns the configuration of the client.
func (r *redisConfig) client() (c redis.Config, err error) {
	c = redis.Config{
		URL: r.URL, Prefix: r.Prefix, Username: r.Username, Password: r.Password,
		Timeout: time.Duration(r.Timeout), Replicas: int(r.Replicas),
	}
	if r.overTLS() {
		c.TLS, err = r.TLS.config()
	}
	return c, err
}

// awaitRedis connects until that succeeds, or ctx is done.
func awaitRedis(ctx context.Context, c redis.Config, log *slog.Logger) (*redis.Client, error) {
	for logged := false; ; {
		client, err := redis.Open(ctx, c, log)
		if err == nil || isRefusal(err) {
			return client, err
		}
		if !logged && ctx.Err() == nil {
			logged = true
			log.Warn("Redis does not answer: the start waits for it",
				slog.String("reason", err.Error()))
		}
		select {
		case <-time.After(redisPause):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// isRefusal reports whether Redis has answered, and goes on to refuse the password or the user.
func isRefusal(err error) bool {
	return slices.ContainsFunc([]string{"WRONGPASS", "NOAUTH", "NOPERM"}, func(code string) bool {
		return strings.Contains(err.Error(), code)
	})
}

// checkRedis refuses servers with settings with which rooms are lost, and warns of others. durable
// is whether updates need not be anywhere but in Redis.
func checkRedis(ctx context.Context, client *redis.Client, durable bool, log *slog.Logger) error {
	all, err := client.Settings(ctx)
	if err != nil {
		return fmt.Errorf("redis.url: %w", err)
	}
	for _, s := range all {
		at := slog.String("redis", s.Server)
		if s.Err != nil { // it may be a replica that is not there
			log.Warn("the settings of a Redis cannot be read", at, slog.String("reason", s.Err.Error()))
			continue
		}
		for _, why := range s.Refusals() {
			err = errors.Join(err, fmt.Errorf("redis.url: Redis at %s: %s", s.Server, why))
		}
		for _, why := range s.Warnings(durable) {
			log.Warn("Redis may lose something", at, slog.String("reason", why))
		}
	}
	return err
}

// localAddress returns the address of this machine from which Redis is reached.
func (r *redisConfig) localAddress() (net.IP, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "unix" {
		return net.IPv4(127, 0, 0, 1), nil
	}
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = "6379"
	}
	c, err := net.Dial("udp", net.JoinHostPort(host, port)) // which sends nothing
	if err != nil {
		return nil, fmt.Errorf("redis.url: %w", err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).IP, nil
}
