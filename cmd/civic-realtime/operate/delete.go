package operate

import (
	"context"
	"errors"

	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// DeleteCommand deletes a document.
type DeleteCommand struct {
	Server
	Room
	Yes bool `help:"Delete it, which cannot be taken back."`
}

// Run implements kong's command.
func (f *DeleteCommand) Run() error {
	if !f.Yes {
		return errors.New("a document that is deleted is gone, with its versions: add --yes")
	}
	return f.run(func(ctx context.Context, c *client.Client) error {
		d, err := c.DeleteRoom(ctx, f.roomName())
		if err != nil {
			return err
		}
		return f.print(d, func() string { return clean(d.Room) + " is deleted\n" })
	})
}

// UndeleteCommand lets a deleted document be begun again.
type UndeleteCommand struct {
	Server
	Room
}

// Run implements kong's command.
func (f *UndeleteCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		d, err := c.Undelete(ctx, f.roomName())
		if err != nil {
			return err
		}
		return f.print(d, func() string { return clean(d.Room) + " can be begun again, and is empty\n" })
	})
}
