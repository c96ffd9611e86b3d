package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// redisAt returns the section of a Redis that runs.
func redisAt(s *redistest.Server) redisConfig {
	r := redisConfig{Enabled: true, URL: s.URL(), Wait: yamlfile.Duration(time.Minute)}
	r.complete()
	return r
}

// TestRedisSettings shows that a Redis that would remove rooms is refused, that one that keeps
// nothing over a restart is reported, and that others are used in silence.
func TestRedisSettings(t *testing.T) {
	for _, test := range []struct {
		name          string
		options       []string
		refused, logs string
	}{
		{"as it should be", []string{"appendonly yes"}, "", ""},
		{"snapshots", []string{"appendonly no", "save 60 1"}, "", "a restart loses what came after the last snapshot"},
		{"nothing kept", []string{"appendonly no", `save ""`}, "", "nothing is kept on the disk"},
		{"evicts", []string{"appendonly yes", "maxmemory-policy allkeys-lru"}, "maxmemory-policy allkeys-lru", ""},
		{"evicts leases", []string{"appendonly yes", "maxmemory-policy volatile-ttl"}, "maxmemory-policy volatile-ttl", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, log := redisAt(redistest.Start(t, test.options...)), new(lockedBuffer)
			client, err := r.open(t.Context(), false, slog.New(slog.NewTextHandler(log, nil)))
			if client != nil {
				defer client.Close()
			}
			if (err == nil) != (test.refused == "") || err != nil && !strings.Contains(err.Error(), test.refused) {
				t.Errorf("%v", err)
			}
			if text := log.String(); (text == "") != (test.logs == "") || !strings.Contains(text, test.logs) {
				t.Errorf("%s", text)
			}
		})
	}
}

// TestRedisIsAwaited shows that a start waits for a Redis that is not there yet, says so once, and
// ends with an error that names the key when that takes too long, or when it is stopped.
func TestRedisIsAwaited(t *testing.T) {
	s := redistest.Start(t)
	r, log := redisAt(s), new(lockedBuffer)
	s.Stop()
	opened := make(chan error, 1)
	logger := slog.New(slog.NewTextHandler(log, nil))
	go func() {
		client, err := r.open(t.Context(), false, logger)
		if err == nil {
			err = client.Close()
		}
		opened <- err
	}()
	until(t, "it is said", func() bool { return strings.Contains(log.String(), "the start waits for it") })
	s.Restart()
	if err := <-opened; err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "the start waits"); n != 1 {
		t.Errorf("said %d times", n)
	}
	s.Stop()
	r.Wait = yamlfile.Duration(time.Millisecond)
	if _, err := r.open(t.Context(), false, logger); err == nil || !strings.HasPrefix(err.Error(), "redis.url: ") {
		t.Errorf("%v", err)
	}
	r.Wait = yamlfile.Duration(time.Hour)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := r.open(stopped, false, logger); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// TestWrongPassword shows that a start with a wrong password does not wait, and that its error does
// not have the password.
func TestWrongPassword(t *testing.T) {
	r := redisAt(redistest.Start(t, "requirepass right-password"))
	r.Password, r.Wait = "hush-hush", yamlfile.Duration(time.Hour)
	_, err := r.open(t.Context(), false, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "WRONGPASS") || strings.Contains(err.Error(), "hush") {
		t.Errorf("%v", err)
	}
}
