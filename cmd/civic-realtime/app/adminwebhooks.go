package app

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/webhooks"
)

// adminWebhooks are webhooks as the admin API knows them.
type adminWebhooks struct{ h *webhooks.Webhooks }

// Endpoints implements admin.Webhooks.
func (a adminWebhooks) Endpoints(ctx context.Context) (all []api.WebhookEndpoint, err error) {
	endpoints, err := a.h.Endpoints(ctx)
	for _, e := range endpoints {
		all = append(all, api.WebhookEndpoint{
			Name: e.Name, URL: e.URL, Events: e.Events, Rooms: e.Rooms, Waiting: e.Waiting,
			Parked: e.Parked, OldestAt: optional(e.Oldest), Failing: e.Failing, Off: e.Off,
			OffSince: optional(e.OffSince),
		})
	}
	return all, err
}

// optional returns nil for the zero time.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Messages implements admin.Webhooks.
func (a adminWebhooks) Messages(
	ctx context.Context, q admin.WebhookQuery,
) (page api.WebhookMessagePage, err error) {
	messages, more, err := a.h.Messages(ctx, webhooks.Query(q))
	for _, m := range messages {
		page.Messages = append(page.Messages, api.WebhookMessage{
			ID: m.ID, Endpoint: m.Endpoint, Event: m.Event, Room: m.Room, At: m.Made,
			Tries: m.Tries, NextAt: optional(m.Next), ParkedAt: optional(m.Parked), Reason: m.Why,
		})
		if more {
			page.NextAfter = m.Seq
		}
	}
	return page, err
}

// Retry implements admin.Webhooks.
func (a adminWebhooks) Retry(ctx context.Context, endpoint, id string) (int, error) {
	n, err := a.h.Retry(ctx, endpoint, id)
	return n, webhookError(err)
}

// Drop implements admin.Webhooks.
func (a adminWebhooks) Drop(ctx context.Context, endpoint, id string) (int, error) {
	n, err := a.h.Drop(ctx, endpoint, id)
	return n, webhookError(err)
}

// Enable implements admin.Webhooks.
func (a adminWebhooks) Enable(ctx context.Context, endpoint string) error {
	return webhookError(a.h.Enable(ctx, endpoint))
}

// Test implements admin.Webhooks.
func (a adminWebhooks) Test(ctx context.Context, endpoint string) error {
	return webhookError(a.h.SendTest(ctx, endpoint))
}

// webhookError returns the error of the admin API that one of webhooks is.
func webhookError(err error) error {
	switch {
	case errors.Is(err, webhooks.ErrNoEndpoint):
		return admin.ErrNoEndpoint
	case errors.Is(err, webhooks.ErrEndpointOff):
		return admin.ErrEndpointOff
	case errors.Is(err, webhooks.ErrNoMessage), errors.Is(err, webhooks.ErrOff):
		return admin.ErrNoMessage
	}
	return err
}
