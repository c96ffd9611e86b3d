package operate

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// EventsCommand prints what happens, until it is interrupted or the server ends.
type EventsCommand struct {
	Server
	Kinds []string `placeholder:"KIND,…" help:"Only events of these kinds, such as refused,limited,failed."`
	Room  string   `placeholder:"ROOM" help:"Only events of this room."`
	User  string   `placeholder:"ID" help:"Only events of this user."`
}

// Run implements kong's command.
func (f *EventsCommand) Run() error {
	q := client.EventQuery{Kinds: f.Kinds, User: f.User}
	if f.Room != "" {
		q.Room = Room{Room: f.Room}.roomName()
	}
	return f.run(func(ctx context.Context, c *client.Client) error {
		reading, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		err := c.Events(reading, q, client.Watcher{
			Event: func(e api.Event) {
				if err := f.print(e, func() string { return eventText(e) }); err != nil {
					cancel(err) // the reader of the output is gone
				}
			},
			Lost: reportLost, Silent: reportSilent,
		})
		if ctx.Err() != nil {
			return nil // interrupted
		}
		return cmp.Or(context.Cause(reading), err)
	})
}

// reportLost prints to stderr that events were lost.
func reportLost(n uint64) {
	fmt.Fprintf(os.Stderr, "%d events were lost: they came faster than they were read\n", n)
}

// reportSilent prints to stderr which nodes do not answer.
func reportSilent(s api.Silence) {
	if text := silent(s); text != "" {
		fmt.Fprint(os.Stderr, text)
		return
	}
	fmt.Fprintln(os.Stderr, "all nodes answer again")
}
