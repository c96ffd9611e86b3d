package webhooks

import (
	"context"

	"github.com/civicpress/civic-realtime/engine"
)

var _ engine.Announcer = (*Webhooks)(nil)

// kindsOf are the types of what the engine announces.
var kindsOf = map[engine.AnnouncementKind]string{
	engine.DocumentCreated: Created, engine.DocumentChanged: Changed, engine.DocumentStored: Saved,
	engine.StoringFails: SavesFail, engine.StoringWorks: SavesWork,
	engine.DocumentDeleted: Deleted, engine.VersionCreated: VersionMade,
}

// Announce implements engine.Announcer.
func (h *Webhooks) Announce(n engine.Announcement) { h.post(eventFor(n)) }

// eventFor returns the event that an announcement is.
func eventFor(n engine.Announcement) *event {
	e := &event{kind: kindsOf[n.Kind], time: n.Time, incarnation: n.Incarnation}
	e.data = data{Room: n.Room, Version: n.Version, Users: usersOf(n.Writers)}
	switch n.Kind {
	case engine.VersionCreated:
		e.data.Version, e.data.VersionID = 0, n.Version
		fallthrough
	case engine.DocumentDeleted:
		if len(e.data.Users) > 0 {
			e.data.User, e.data.Users = &e.data.Users[0], nil
		}
	}
	return e
}

func usersOf(writers []engine.Writer) (users []User) {
	for _, w := range writers {
		if u, ok := userOf(w.ID, w.Name); ok {
			users = append(users, u)
		}
	}
	return users
}

// Keep implements engine.Announcer: it stores the change as one that is pending.
func (h *Webhooks) Keep(ctx context.Context, n engine.Announcement) error {
	box := h.boxFor(n.Room, marking...)
	if box == nil {
		return nil
	}
	return box.Add(ctx, 0, nil, []Mark{markOf(n.Room, roomMark{
		Incarnation: n.Incarnation, Pending: n.Version, Users: usersOf(n.Writers),
		Time: n.Time.UTC(),
	})})
}

// boxFor returns the outbox, nil if there is none or no endpoint wants events of such a kind about
// a room.
func (h *Webhooks) boxFor(room string, kinds ...string) Outbox {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.wanted(room, kinds...) {
		return nil
	}
	return h.box
}
