package operate

import (
	"context"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// Limit is the flag of lists.
type Limit struct {
	Limit int `default:"100" placeholder:"N" help:"Most entries that are printed; 0: all (100)."`
}

// pageSize is the most entries that are asked for at a time.
const pageSize = 1000

// next returns how many entries to ask for when some are there; 0: no more are wanted.
func (l Limit) next(have int) int {
	if l.Limit == 0 {
		return pageSize
	}
	return max(0, min(pageSize, l.Limit-have))
}

// rooms returns as many rooms as are wanted, as one page.
func (l Limit) rooms(
	ctx context.Context, c *client.Client, q client.RoomQuery,
) (all api.RoomPage, err error) {
	all.Rooms = []api.Room{}
	for {
		if q.Limit = l.next(len(all.Rooms)); q.Limit == 0 {
			return all, nil
		}
		page, err := c.Rooms(ctx, q)
		if err != nil {
			return all, err
		}
		all.Rooms = append(all.Rooms, page.Rooms...)
		all.Total, all.NextOffset, all.Silence = page.Total, page.NextOffset, page.Silence
		if q.Offset = page.NextOffset; q.Offset == 0 {
			return all, nil
		}
	}
}

// connections returns as many connections as are wanted, as one page.
func (l Limit) connections(
	ctx context.Context, c *client.Client, q client.ConnectionQuery,
) (all api.ConnectionPage, err error) {
	all.Connections = []api.Connection{}
	for {
		if q.Limit = l.next(len(all.Connections)); q.Limit == 0 {
			return all, nil
		}
		page, err := c.Connections(ctx, q)
		if err != nil {
			return all, err
		}
		all.Connections = append(all.Connections, page.Connections...)
		all.NextAfter, all.Silence = page.NextAfter, page.Silence
		if q.After = page.NextAfter; q.After == 0 {
			return all, nil
		}
	}
}

// locks returns as many locks as are wanted, as one page.
func (l Limit) locks(ctx context.Context, c *client.Client) (all api.LockPage, err error) {
	all.Locks = []api.Lock{}
	for offset := 0; ; offset = all.NextOffset {
		limit := l.next(len(all.Locks))
		if limit == 0 {
			return all, nil
		}
		page, err := c.Locks(ctx, offset, limit)
		if err != nil {
			return all, err
		}
		all.Locks = append(all.Locks, page.Locks...)
		if all.Total, all.NextOffset = page.Total, page.NextOffset; all.NextOffset == 0 {
			return all, nil
		}
	}
}

// bans returns as many bans as are wanted, as one page.
func (l Limit) bans(ctx context.Context, c *client.Client) (all api.BanPage, err error) {
	all.Bans = []api.Ban{}
	for offset := 0; ; offset = all.NextOffset {
		limit := l.next(len(all.Bans))
		if limit == 0 {
			return all, nil
		}
		page, err := c.Bans(ctx, offset, limit)
		if err != nil {
			return all, err
		}
		all.Bans = append(all.Bans, page.Bans...)
		if all.Total, all.NextOffset = page.Total, page.NextOffset; all.NextOffset == 0 {
			return all, nil
		}
	}
}

// webhookMessages returns as many messages of webhooks as are wanted, as one page.
func (l Limit) webhookMessages(
	ctx context.Context, c *client.Client, q client.WebhookQuery,
) (all api.WebhookMessagePage, err error) {
	all.Messages = []api.WebhookMessage{}
	for {
		if q.Limit = l.next(len(all.Messages)); q.Limit == 0 {
			return all, nil
		}
		page, err := c.WebhookMessages(ctx, q)
		if err != nil {
			return all, err
		}
		all.Messages = append(all.Messages, page.Messages...)
		all.NextAfter = page.NextAfter
		if q.After = page.NextAfter; q.After == 0 {
			return all, nil
		}
	}
}
