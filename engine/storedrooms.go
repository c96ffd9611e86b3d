package engine

import (
	"context"
	"slices"
	"strings"
)

// StoredRooms lists up to limit of the rooms that the store has, loaded or not, in the order of
// their names: those whose names have a prefix and come after a name. more reports whether there
// are others after them. An error of the store about some rooms comes with all others.
func (e *Engine) StoredRooms(
	ctx context.Context, prefix, after string, limit int,
) (rooms []StoredRoom, more bool, err error) {
	from, ok := e.store.(Lister)
	if !ok {
		return nil, false, nil
	}
	rooms, err = from.Rooms(ctx)
	rooms = slices.DeleteFunc(rooms, func(r StoredRoom) bool {
		return r.Key <= after || !strings.HasPrefix(r.Key, prefix)
	})
	if more = len(rooms) > limit; more {
		rooms = rooms[:limit]
	}
	for i := range rooms {
		rooms[i].Deleted, rooms[i].Empty = e.deletedAt(ctx, rooms[i])
	}
	return rooms, more, err
}
