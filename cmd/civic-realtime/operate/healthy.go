package operate

import (
	"context"
	"errors"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// HealthyCommand fails unless the server is ready for clients.
type HealthyCommand struct{ Server }

// Run implements kong's command.
func (f *HealthyCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		h, err := c.Ready(ctx)
		if err != nil {
			return err
		}
		if err := f.print(h, func() string { return healthText(h) }); err != nil {
			return err
		}
		if h.Status != "ready" {
			return errors.New("the server is not ready for clients")
		}
		return nil
	})
}

// healthText returns the status in a line, with what the server says beside it.
func healthText(h api.Health) string {
	if h.Reason == "" {
		return clean(h.Status) + "\n"
	}
	return clean(h.Status) + ": " + clean(h.Reason) + "\n"
}
