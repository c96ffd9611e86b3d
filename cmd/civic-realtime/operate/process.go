package operate

import (
	"context"

	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// DrainCommand shuts the server down.
type DrainCommand struct{ Server }

// Run implements kong's command.
func (f *DrainCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		d, err := c.Drain(ctx)
		if err != nil {
			return err
		}
		return f.print(d, func() string {
			return "the server saves what people wrote, closes their connections and ends\n"
		})
	})
}
