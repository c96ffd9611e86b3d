package operate

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// Stored is what a running server has stored, with methods as those of a store.
type Stored struct{ c *client.Client }

// Stored runs f with what the server has stored. Its error is IsAbsent if no server answers.
func (s *Reach) Stored(f func(context.Context, Stored) error) error {
	return s.run(func(ctx context.Context, c *client.Client) error { return f(ctx, Stored{c}) })
}

// Rooms describes all rooms. Even after an error it has those that can be read.
func (s Stored) Rooms(ctx context.Context) (rooms []persist.Room, err error) {
	var damage string
	for q := (client.StoredQuery{Limit: pageSize}); ; {
		page, err := s.c.Stored(ctx, q)
		if err != nil {
			return rooms, err
		}
		for _, r := range page.Rooms {
			rooms = append(rooms, persist.Room{
				Key: r.Name, Saved: timeOr(r.SavedAt), Snapshot: sizeOr(r.SnapshotBytes),
				Rows: r.Updates, Versions: r.Versions, Expires: timeOr(r.ExpiresAt),
				Deleted: timeOr(r.DeletedAt),
			})
		}
		damage = page.Damage
		if q.After = page.NextAfter; q.After == "" {
			break
		}
	}
	if damage != "" {
		err = errors.New(damage)
	}
	return rooms, err
}

// timeOr returns the zero time for nil.
func timeOr(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// sizeOr returns -1, as persist.Room has it, for 0.
func sizeOr(bytes int) int {
	if bytes == 0 {
		return -1
	}
	return bytes
}

// Versions describes the versions of a room, the oldest first.
func (s Stored) Versions(ctx context.Context, room string) (all []persist.Version, err error) {
	list, err := s.c.Versions(ctx, room)
	for _, v := range list.Versions {
		all = append(all, persist.Version{
			ID: v.ID, Time: v.SavedAt, Why: v.Reason, Size: v.Bytes, Node: v.Node,
			Name: v.Name, By: v.By, ByName: v.ByName, For: v.OnBehalfOf,
			RestoredFrom: v.RestoredFrom,
		})
	}
	return all, err
}

// Load returns the present document of a room, as one snapshot; nil if there is no such room.
func (s Stored) Load(ctx context.Context, room string) (blob []byte, rows [][]byte, err error) {
	blob, err = s.c.Document(ctx, room, 0)
	if isProblem(err, api.RoomNotFound) {
		return nil, nil, nil
	}
	return blob, nil, err
}

// Version returns a version of a room. Its error may be persist.ErrVersion.
func (s Stored) Version(ctx context.Context, room string, id uint64) ([]byte, error) {
	blob, err := s.c.Document(ctx, room, id)
	if isProblem(err, api.VersionNotFound) {
		return nil, persist.ErrVersion
	}
	return blob, err
}

// Restore gives a room's document the content of a version. It returns the id of the version with
// the document before, 0 if nothing had to be changed. Its error may be persist.ErrVersion.
func (s Stored) Restore(ctx context.Context, room string, id uint64) (kept uint64, err error) {
	r, err := s.c.Restore(ctx, room, id)
	if isProblem(err, api.VersionNotFound) {
		err = persist.ErrVersion
	}
	return r.Kept, err
}

// Create keeps the present document of a room as a version, and returns its id.
func (s Stored) Create(ctx context.Context, room, name string) (id uint64, err error) {
	v, err := s.c.CreateVersion(ctx, room, name)
	return v.ID, err
}

// Rename gives a version another name.
func (s Stored) Rename(ctx context.Context, room string, id uint64, name string) error {
	_, err := s.c.RenameVersion(ctx, room, id, name)
	return err
}

// Delete deletes a version.
func (s Stored) Delete(ctx context.Context, room string, id uint64) error {
	_, err := s.c.DeleteVersion(ctx, room, id)
	return err
}

// isProblem reports whether an error is the problem of that name.
func isProblem(err error, name string) bool {
	p, ok := errors.AsType[*api.Problem](err)
	return ok && p.Named(name)
}
