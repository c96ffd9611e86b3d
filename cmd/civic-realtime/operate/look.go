package operate

import (
	"context"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// StatusCommand prints the server in short.
type StatusCommand struct{ Server }

// Run implements kong's command.
func (f *StatusCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		st, err := c.Status(ctx)
		if err != nil {
			return err
		}
		return f.print(st, func() string { return statusText(st) })
	})
}

// NodesCommand lists the servers that share rooms.
type NodesCommand struct{ Server }

// Run implements kong's command.
func (f *NodesCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		page, err := c.Nodes(ctx)
		if err != nil {
			return err
		}
		return f.print(page, func() string { return nodesText(page, time.Now()) })
	})
}

// RoomsCommand lists rooms.
type RoomsCommand struct {
	Server
	Limit
	Sort   string `default:"name" enum:"name,bytes,peers,rate" help:"Order: ${enum}."`
	Prefix string `placeholder:"TEXT" help:"Only rooms whose names begin with it."`
	Search string `placeholder:"TEXT" help:"Only rooms whose names contain it, without regard to case."`
	Kind   string `default:"" enum:"record,document," help:"Only rooms of this kind: record, document."`
}

// Run implements kong's command.
func (f *RoomsCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		q := client.RoomQuery{Sort: f.Sort, Prefix: f.Prefix, Search: f.Search, Kind: f.Kind}
		page, err := f.rooms(ctx, c, q)
		if err != nil {
			return err
		}
		return f.print(page, func() string {
			return roomsTable(page.Rooms).String() + more(len(page.Rooms), page.Total) +
				silent(page.Silence)
		})
	})
}

// Room is the argument of commands about a room.
type Room struct {
	Room  string `arg:"" help:"Id of a record, or the name of a room as rooms prints it."`
	Exact bool   `help:"Take the name as it is: the room of a document, and not of a record."`
}

const recordPrefix = "record:"

// roomName returns the name of the room. Without a prefix it is that of a record.
func (r Room) roomName() string {
	if r.Exact || strings.HasPrefix(r.Room, recordPrefix) {
		return r.Room
	}
	return recordPrefix + r.Room
}

// RoomCommand prints a room, and who is there.
type RoomCommand struct {
	Server
	Room
}

// Run implements kong's command.
func (f *RoomCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		d, err := c.Room(ctx, f.roomName())
		if err != nil {
			return err
		}
		return f.print(d, func() string { return roomText(d, time.Now()) })
	})
}

// ConnectionsCommand lists connections.
type ConnectionsCommand struct {
	Server
	Limit
	Room    string `placeholder:"ROOM" help:"Only those in this room."`
	User    string `placeholder:"ID" help:"Only those of this user."`
	Address string `placeholder:"ADDRESS" help:"Only those from this IP address, or range such as 10.0.0.0/8."`
}

// Run implements kong's command.
func (f *ConnectionsCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		q := client.ConnectionQuery{User: f.User, Address: f.Address}
		if f.Room != "" {
			q.Room = Room{Room: f.Room}.roomName()
		}
		page, err := f.connections(ctx, c, q)
		if err != nil {
			return err
		}
		return f.print(page, func() string {
			text := connectionsTable(page.Connections).String()
			if page.NextAfter > 0 {
				text += "there are more; --limit 0 prints all\n"
			}
			return text + silent(page.Silence)
		})
	})
}

// LocksCommand lists the rooms that are locked.
type LocksCommand struct {
	Server
	Limit
}

// Run implements kong's command.
func (f *LocksCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		page, err := f.locks(ctx, c)
		if err != nil {
			return err
		}
		return f.print(page, func() string {
			return locksTable(page.Locks).String() + more(len(page.Locks), page.Total)
		})
	})
}

// BansCommand lists the users who are kept out.
type BansCommand struct {
	Server
	Limit
}

// Run implements kong's command.
func (f *BansCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		page, err := f.bans(ctx, c)
		if err != nil {
			return err
		}
		return f.print(page, func() string {
			return bansTable(page.Bans).String() + more(len(page.Bans), page.Total)
		})
	})
}
