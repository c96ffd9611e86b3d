package operate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// LockCommand locks a room.
type LockCommand struct {
	Server
	Room
}

// Run implements kong's command.
func (f *LockCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		l, err := c.Lock(ctx, f.roomName())
		if err != nil {
			return err
		}
		return f.print(l, func() string {
			return fmt.Sprintf("%s is locked: nobody can write there until it is unlocked\n", clean(l.Room))
		})
	})
}

// UnlockCommand unlocks a room.
type UnlockCommand struct {
	Server
	Room
}

// Run implements kong's command.
func (f *UnlockCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		l, err := c.Unlock(ctx, f.roomName())
		if err != nil {
			return err
		}
		return f.print(l, func() string { return fmt.Sprintf("%s is open\n", clean(l.Room)) })
	})
}

// KickCommand closes connections.
type KickCommand struct {
	Server
	User       string        `arg:"" optional:"" help:"Id of the user."`
	Room       string        `placeholder:"ROOM" help:"Only the user's connections to this room."`
	Connection uint64        `placeholder:"ID" help:"Close this connection, instead of a user's."`
	For        time.Duration `placeholder:"TIME" help:"Keep the user out of all rooms for this time, such as 10m or 24h."`
	Reason     string        `placeholder:"TEXT" help:"Reason that the user is shown."`
}

// check returns what is wrong with the flags.
func (f *KickCommand) check() error {
	switch {
	case (f.User == "") == (f.Connection == 0):
		return errors.New("name a user, or a connection with --connection")
	case f.Connection != 0 && (f.Room != "" || f.For != 0):
		return errors.New("--connection excludes --room and --for, which are for users")
	case f.Room != "" && (f.For != 0 || f.Reason != ""):
		return errors.New("--room excludes --for and --reason: a user is kept out of all rooms or of none")
	case f.For < 0:
		return errors.New("--for: must be above 0")
	}
	return nil
}

// Run implements kong's command.
func (f *KickCommand) Run() error {
	if err := f.check(); err != nil {
		return &Error{err, exitUsage}
	}
	return f.Server.run(func(ctx context.Context, c *client.Client) error {
		d, err := f.kick(ctx, c)
		if err != nil {
			return err
		}
		return f.print(d, func() string {
			text := count(d.Connections, "connection is closed", "connections are closed")
			if f.For > 0 {
				text += fmt.Sprintf("; %s stays out until %s", clean(f.User), at(time.Now().Add(f.For)))
			}
			return text + "\n" + silent(d.Silence)
		})
	})
}

func (f *KickCommand) kick(ctx context.Context, c *client.Client) (api.Disconnected, error) {
	switch {
	case f.Connection != 0:
		return c.Disconnect(ctx, f.Connection, f.Reason)
	case f.Room != "":
		return c.Kick(ctx, Room{Room: f.Room}.roomName(), f.User)
	}
	body := api.Disconnect{ForSeconds: f.For.Seconds(), Reason: f.Reason}
	return c.DisconnectUser(ctx, f.User, body)
}

// UnbanCommand lets a user in again.
type UnbanCommand struct {
	Server
	User string `arg:"" help:"Id of the user."`
}

// Run implements kong's command.
func (f *UnbanCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		u, err := c.Unban(ctx, f.User)
		if err != nil {
			return err
		}
		return f.print(u, func() string { return clean(u.User) + " may come back\n" })
	})
}

// NoticeCommand sends a notice.
type NoticeCommand struct {
	Server
	Text    string `arg:"" help:"The notice, one line."`
	Room    string `placeholder:"ROOM" help:"Only to the people in this room."`
	Warning bool   `help:"As a warning."`
}

// Run implements kong's command.
func (f *NoticeCommand) Run() error {
	n, room := api.Notice{Text: f.Text}, ""
	if f.Warning {
		n.Level = "warning"
	}
	if f.Room != "" {
		room = Room{Room: f.Room}.roomName()
	}
	return f.run(func(ctx context.Context, c *client.Client) error {
		sent, err := c.Notice(ctx, room, n)
		if err != nil {
			return err
		}
		return f.print(sent, func() string {
			return "sent to " + count(sent.Peers, "client", "clients") + "\n" +
				silent(sent.Silence)
		})
	})
}

// SaveCommand stores a snapshot of a room.
type SaveCommand struct {
	Server
	Room
}

// Run implements kong's command.
func (f *SaveCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		saved, err := c.Snapshot(ctx, f.roomName())
		if err != nil {
			return err
		}
		return f.print(saved, func() string {
			return fmt.Sprintf("the newest snapshot of %s is of version %d\n",
				clean(saved.Room), saved.Version)
		})
	})
}

// RefreshCommand fetches the record of a room.
type RefreshCommand struct {
	Server
	Room
}

// Run implements kong's command.
func (f *RefreshCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		r, err := c.Refresh(ctx, f.roomName())
		if err != nil {
			return err
		}
		return f.print(r, func() string {
			return clean(r.Room) + " is as CivicPress has it, if it is loaded and has a record there\n"
		})
	})
}

// EvictCommand unloads a room.
type EvictCommand struct {
	Server
	Room
}

// Run implements kong's command.
func (f *EvictCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		e, err := c.Evict(ctx, f.roomName())
		if err != nil {
			return err
		}
		return f.print(e, func() string { return clean(e.Room) + " is saved and unloaded\n" })
	})
}
