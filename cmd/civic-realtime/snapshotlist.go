package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/operate"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// listCommand lists the stored rooms, or the versions of one.
type listCommand struct {
	operate.Server
	subject
}

// Run implements kong's command.
func (f *listCommand) Run() error {
	if !f.named() {
		return inEither(&f.Reach, f.rooms)
	}
	key, err := f.key()
	if err != nil {
		return err
	}
	return inEither(&f.Reach, func(ctx context.Context, from archive, _ app.Config) error {
		all, err := from.Versions(ctx, key.String())
		switch {
		case err != nil:
			return err
		case f.JSON:
			return printJSON(versionList(key, all))
		}
		return snapshots.ListVersions(os.Stdout, all)
	})
}

// rooms lists all rooms. Even if some are damaged it lists the others.
func (f *listCommand) rooms(ctx context.Context, from archive, _ app.Config) error {
	rooms, damage := from.Rooms(ctx)
	if rooms == nil && damage != nil {
		return damage
	}
	if !f.JSON {
		return errors.Join(snapshots.ListRooms(os.Stdout, rooms), damage)
	}
	page := api.StoredPage{Rooms: []api.StoredRoom{}}
	for _, r := range rooms {
		page.Rooms = append(page.Rooms, storedRoom(r))
	}
	if damage != nil {
		page.Damage = damage.Error()
	}
	return errors.Join(printJSON(page), damage)
}

// printJSON prints a value as a line of JSON.
func printJSON(value any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// storedRoom describes a room as the admin API does.
func storedRoom(r persist.Room) api.StoredRoom {
	kind := "document"
	if strings.HasPrefix(r.Key, "record:") {
		kind = "record"
	}
	return api.StoredRoom{
		Name: r.Key, Kind: kind, SavedAt: timeOrNil(r.Saved), SnapshotBytes: max(0, r.Snapshot),
		Updates: r.Rows, Versions: r.Versions, ExpiresAt: timeOrNil(r.Expires),
		DeletedAt: timeOrNil(r.Deleted),
	}
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

func versionList(key roomkey.Key, all []persist.Version) api.VersionList {
	list := api.VersionList{Room: key.String(), Versions: []api.Version{}}
	for _, v := range all {
		list.Versions = append(list.Versions, api.Version{
			ID: v.ID, SavedAt: v.Time.UTC(), Reason: v.Why, Bytes: v.Size, Node: v.Node,
			Name: v.Name, By: v.By, ByName: v.ByName, OnBehalfOf: v.For,
			RestoredFrom: v.RestoredFrom,
		})
	}
	return list
}
