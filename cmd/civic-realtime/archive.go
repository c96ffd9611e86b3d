package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/operate"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// archive is what a running server, or the store of a stopped one, has stored.
type archive interface {
	snapshots.Source
	Rooms(context.Context) ([]persist.Room, error)
	Versions(ctx context.Context, room string) ([]persist.Version, error)
}

// either runs running with what the server has stored that at names. If no server answers in the
// data directory, it runs stopped with the store.
func either(
	at *operate.Reach, running func(context.Context, operate.Stored) error,
	stopped func(*bolt.Store, app.Config) error,
) error {
	err := at.Stored(running)
	if !operate.IsAbsent(err) || at.Admin != "" {
		return err
	}
	err = place{at.Config, at.DataDir}.with(stopped)
	if errors.Is(err, persist.ErrInUse) {
		err = fmt.Errorf("%w, or give it an admin API (admin.listen), which the command uses", err)
	}
	return err
}

// inEither runs f with what is stored, by a running server or a stopped one.
func inEither(at *operate.Reach, f func(context.Context, archive, app.Config) error) error {
	return either(at, func(ctx context.Context, from operate.Stored) error {
		c, _ := place{at.Config, at.DataDir}.load() // the server may run with an earlier one
		return f(ctx, from, c)
	}, func(st *bolt.Store, c app.Config) error {
		return f(context.Background(), stopped{st}, c)
	})
}

// stopped is the store of a stopped server as an archive.
type stopped struct{ *bolt.Store }

// Rooms implements archive. It says which documents were deleted.
func (s stopped) Rooms(ctx context.Context) ([]persist.Room, error) {
	rooms, damage := s.Store.Rooms(ctx)
	for i := range rooms {
		rooms[i].Deleted = snapshots.DeletedAt(ctx, s, rooms[i])
	}
	return rooms, damage
}
