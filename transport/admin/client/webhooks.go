package client

import (
	"context"
	"net/url"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// Webhooks returns the endpoints of webhooks.
func (c *Client) Webhooks(ctx context.Context) (api.Webhooks, error) {
	return call[api.Webhooks](ctx, c, get, "/v1/webhooks", nil, nil)
}

// WebhookQuery selects messages of webhooks. The zero value of a field stands for the server's
// default.
type WebhookQuery struct {
	Endpoint string
	Parked   bool
	After    uint64
	Limit    int
}

// WebhookMessages returns a page of messages that wait or are parked.
func (c *Client) WebhookMessages(
	ctx context.Context, q WebhookQuery,
) (api.WebhookMessagePage, error) {
	v := url.Values{}
	add(v, "endpoint", q.Endpoint)
	if q.Parked {
		add(v, "parked", "true")
	}
	add(v, "after", number(q.After))
	add(v, "limit", number(q.Limit))
	return call[api.WebhookMessagePage](ctx, c, get, "/v1/webhooks/messages", v, nil)
}

// RetryWebhooks sends parked messages again.
func (c *Client) RetryWebhooks(
	ctx context.Context, s api.WebhookSelection,
) (api.WebhookCount, error) {
	return call[api.WebhookCount](ctx, c, post, "/v1/webhooks/retry", nil, s)
}

// DropWebhooks drops parked messages.
func (c *Client) DropWebhooks(
	ctx context.Context, s api.WebhookSelection,
) (api.WebhookCount, error) {
	return call[api.WebhookCount](ctx, c, post, "/v1/webhooks/drop", nil, s)
}

// EnableWebhook sends an endpoint events again.
func (c *Client) EnableWebhook(ctx context.Context, name string) (api.WebhookTarget, error) {
	to := api.WebhookTarget{Endpoint: name}
	return call[api.WebhookTarget](ctx, c, post, "/v1/webhooks/enable", nil, to)
}

// TestWebhook sends an endpoint an event.
func (c *Client) TestWebhook(ctx context.Context, name string) (api.WebhookTarget, error) {
	to := api.WebhookTarget{Endpoint: name}
	return call[api.WebhookTarget](ctx, c, post, "/v1/webhooks/test", nil, to)
}
