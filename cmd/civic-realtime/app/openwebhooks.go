package app

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/logs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist/bolt/outbox"
	"github.com/civicpress/civic-realtime/transport/webhooks"
)

// makeWebhooks sets p.webhooks. The engine of the result is to be set before they are started. dir
// is the data directory.
func (p *components) makeWebhooks(c *Config, dir string) *storedRooms {
	log, rooms := p.logs.Area(logs.Webhooks), &storedRooms{store: p.store}
	p.webhooks = webhooks.New(webhooks.Config{
		Settings: c.webhooks(), Rooms: rooms, Events: p.events, Shared: p.node != nil,
		Open: func(context.Context) (webhooks.Outbox, error) {
			if p.node != nil {
				return p.node.redis.Outbox(p.node.member.Name()), nil
			}
			return outbox.Open(dir, log)
		},
	}, log)
	return rooms
}

// storedRooms reads the stored rooms for webhooks.
type storedRooms struct {
	store  store
	engine *engine.Engine
}

// Unsaved lists the rooms of which the journal has rows.
func (s *storedRooms) Unsaved(ctx context.Context) (rooms []string, err error) {
	all, err := s.store.Rooms(ctx)
	for _, r := range all {
		if r.Rows > 0 {
			rooms = append(rooms, r.Key)
		}
	}
	if len(rooms) > 0 { // the others are found by the check of the store
		err = nil
	}
	return rooms, err
}

// StoredChange returns what the journal of a room shows.
func (s *storedRooms) StoredChange(
	ctx context.Context, room string,
) (c webhooks.Change, ok bool, err error) {
	n, ok, err := s.engine.StoredChange(ctx, room)
	return webhooks.Change{
		Room: room, Created: n.Kind == engine.DocumentCreated, Incarnation: n.Incarnation,
		Version: n.Version, Time: n.Time,
	}, ok, err
}

// WritersSince returns the users who wrote what the journal of a room has after a version.
func (s *storedRooms) WritersSince(
	ctx context.Context, room string, version uint64,
) ([]engine.Writer, error) {
	return s.engine.WritersSince(ctx, room, version)
}

// SavedBySnapshot reports whether a document is saved when a snapshot is stored.
func (s *storedRooms) SavedBySnapshot(room string) bool { return s.engine.SavedBySnapshot(room) }

// Became returns what has become of a document.
func (s *storedRooms) Became(
	ctx context.Context, n engine.Announcement,
) (all []engine.Announcement, over bool, err error) {
	return s.engine.Became(ctx, n)
}

// stores closes the webhooks and then the store.
func (p *components) stores() io.Closer { return closing{p} }

type closing struct{ p *components }

// outboxPatience is how long events may take to get into the outbox when the program ends.
const outboxPatience = 5 * time.Second

// Close implements io.Closer.
func (c closing) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), outboxPatience)
	defer cancel()
	return errors.Join(c.p.webhooks.Close(ctx), c.p.store.Close())
}
