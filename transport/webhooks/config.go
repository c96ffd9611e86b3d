package webhooks

import (
	"cmp"
	"context"
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
)

// Config configures Webhooks. Fields that are zero have the default that their comment names.
type Config struct {
	Settings

	// Open opens the outbox. It is called when there are endpoints, once.
	Open func(ctx context.Context) (Outbox, error)
	// Rooms is where changes are looked for that an earlier process has not announced. Nil:
	// nowhere.
	Rooms Rooms
	// Events is the hub of the events that the engine does not announce. Nil: there are none.
	Events *events.Hub
	// Shared says that several nodes have the outbox.
	Shared bool
	// Dial makes connections instead of the network, without a check of addresses; for tests.
	Dial dial
}

// Settings are the part of Config that may change while events are sent.
type Settings struct {
	Endpoints []Endpoint
	// OutboxBytes bounds the messages that wait or are parked. When they take dropAbove eighths of
	// it, the oldest of the endpoint with most are dropped. 64 MiB.
	OutboxBytes int64
	// Timeout bounds an attempt, from the connection to the end of the answer's header. 15 s.
	Timeout time.Duration
	// Concurrent is how many attempts run at a time, PerEndpoint how many of one endpoint. 32 and
	// 4.
	Concurrent, PerEndpoint int
}

func (s Settings) withDefaults() Settings {
	s.OutboxBytes = cmp.Or(s.OutboxBytes, 64<<20)
	s.Timeout = cmp.Or(s.Timeout, 15*time.Second)
	s.Concurrent = cmp.Or(s.Concurrent, 32)
	s.PerEndpoint = cmp.Or(s.PerEndpoint, 4)
	all := make([]Endpoint, len(s.Endpoints))
	for i, e := range s.Endpoints {
		all[i] = e.WithName()
	}
	s.Endpoints = all
	return s
}

// Schedule returns the pauses before the attempts after the first.
func Schedule() []time.Duration {
	return []time.Duration{
		5 * time.Second, 15 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		3 * time.Hour,
	}
}

var schedule = Schedule()
