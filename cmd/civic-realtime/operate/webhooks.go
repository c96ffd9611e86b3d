package operate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// WebhooksCommand has the commands about webhooks.
type WebhooksCommand struct {
	List     WebhookListCommand     `cmd:"" default:"withargs" help:"List the endpoints, and what waits for them."`
	Messages WebhookMessagesCommand `cmd:"" help:"List messages that wait or are parked, the oldest first."`
	Retry    WebhookRetryCommand    `cmd:"" help:"Send parked messages again."`
	Drop     WebhookDropCommand     `cmd:"" help:"Drop parked messages."`
	Enable   WebhookEnableCommand   `cmd:"" help:"Send an endpoint events again that has answered with 410."`
	Test     WebhookTestCommand     `cmd:"" help:"Send an endpoint the event webhook.test."`
}

// WebhookListCommand lists endpoints.
type WebhookListCommand struct{ Server }

// Run implements kong's command.
func (f *WebhookListCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		all, err := c.Webhooks(ctx)
		if err != nil {
			return err
		}
		return f.print(all, func() string { return endpointsText(all, time.Now()) })
	})
}

// endpointsText returns the table of endpoints.
func endpointsText(all api.Webhooks, now time.Time) string {
	if len(all.Endpoints) == 0 {
		return "there are no webhooks in the configuration\n"
	}
	t := &table{heads: []string{"NAME", "URL", ">WAITING", ">OLDEST", ">PARKED", "REMARKS"}}
	for _, e := range all.Endpoints {
		oldest, remark := "-", clean(e.Failing)
		if e.OldestAt != nil {
			oldest = age(now.Sub(*e.OldestAt))
		}
		if e.Off != "" {
			remark = "off: " + clean(e.Off)
		}
		t.add(clean(e.Name), clean(e.URL), strconv.Itoa(e.Waiting), oldest,
			strconv.Itoa(e.Parked), remark)
	}
	return t.String()
}

// WebhookMessagesCommand lists messages.
type WebhookMessagesCommand struct {
	Server
	Limit
	Endpoint string `placeholder:"NAME" help:"Only those for this endpoint."`
	Parked   bool   `help:"Only those that are parked."`
}

// Run implements kong's command.
func (f *WebhookMessagesCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		q := client.WebhookQuery{Endpoint: f.Endpoint, Parked: f.Parked}
		page, err := f.webhookMessages(ctx, c, q)
		if err != nil {
			return err
		}
		return f.print(page, func() string { return messagesText(page, time.Now()) })
	})
}

// messagesText returns the table of messages.
func messagesText(page api.WebhookMessagePage, now time.Time) string {
	if len(page.Messages) == 0 {
		return "there are none\n"
	}
	t := &table{heads: []string{
		"ID", "ENDPOINT", "EVENT", "ROOM", ">AGE", ">TRIES", "STATE", "REASON",
	}}
	for _, m := range page.Messages {
		state := "waits"
		switch {
		case m.ParkedAt != nil:
			state = "parked"
		case m.NextAt != nil && m.NextAt.After(now):
			state = "next in " + age(m.NextAt.Sub(now))
		}
		t.add(clean(m.ID), clean(m.Endpoint), clean(m.Event), clean(m.Room), age(now.Sub(m.At)),
			strconv.Itoa(m.Tries), state, clean(m.Reason))
	}
	return t.String()
}

// Parked selects parked messages.
type Parked struct {
	ID       string `arg:"" optional:"" help:"Id of a message."`
	Endpoint string `placeholder:"NAME" help:"All messages of this endpoint, instead of one."`
	All      bool   `help:"All messages, instead of one."`
}

// selection returns what is selected.
func (p Parked) selection() (api.WebhookSelection, error) {
	given := 0
	for _, is := range []bool{p.ID != "", p.Endpoint != "", p.All} {
		if is {
			given++
		}
	}
	if given != 1 {
		err := errors.New("name one message, or an endpoint with --endpoint, or --all")
		return api.WebhookSelection{}, &Error{err, exitUsage}
	}
	return api.WebhookSelection{ID: p.ID, Endpoint: p.Endpoint, All: p.All}, nil
}

// WebhookRetryCommand sends parked messages again.
type WebhookRetryCommand struct {
	Server
	Parked
}

// Run implements kong's command.
func (f *WebhookRetryCommand) Run() error {
	s, err := f.selection()
	if err != nil {
		return err
	}
	return f.run(func(ctx context.Context, c *client.Client) error {
		n, err := c.RetryWebhooks(ctx, s)
		if err != nil {
			return err
		}
		return f.print(n, func() string { return fmt.Sprintf("sent again: %d\n", n.Messages) })
	})
}

// WebhookDropCommand drops parked messages.
type WebhookDropCommand struct {
	Server
	Parked
}

// Run implements kong's command.
func (f *WebhookDropCommand) Run() error {
	s, err := f.selection()
	if err != nil {
		return err
	}
	return f.run(func(ctx context.Context, c *client.Client) error {
		n, err := c.DropWebhooks(ctx, s)
		if err != nil {
			return err
		}
		return f.print(n, func() string { return fmt.Sprintf("dropped: %d\n", n.Messages) })
	})
}

// WebhookEnableCommand turns an endpoint on.
type WebhookEnableCommand struct {
	Server
	Name string `arg:"" help:"Name of the endpoint."`
}

// Run implements kong's command.
func (f *WebhookEnableCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		e, err := c.EnableWebhook(ctx, f.Name)
		if err != nil {
			return err
		}
		return f.print(e, func() string { return clean(e.Endpoint) + " is sent events again\n" })
	})
}

// WebhookTestCommand sends an event.
type WebhookTestCommand struct {
	Server
	Name string `arg:"" help:"Name of the endpoint."`
}

// Run implements kong's command.
func (f *WebhookTestCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		e, err := c.TestWebhook(ctx, f.Name)
		if err != nil {
			return err
		}
		return f.print(e, func() string {
			return "an event is sent to " + clean(e.Endpoint) + "; see webhooks messages\n"
		})
	})
}
