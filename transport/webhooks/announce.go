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
}

// Announce implements engine.Announcer.
func (h *Webhooks) Announce(n engine.Announcement) {
	e := &event{kind: kindsOf[n.Kind], time: n.Time, incarnation: n.Incarnation}
	e.data = data{Room: n.Room, Version: n.Version, Users: usersOf(n.Writers)}
	h.post(e)
}

func usersOf(writers []engine.Writer) (users []User) {
	for _, w := range writers {
		users = append(users, User{w.ID, w.Name})
	}
	return users
}

// Keep implements engine.Announcer: it stores the change as one that is pending.
func (h *Webhooks) Keep(ctx context.Context, n engine.Announcement) error {
	h.mu.Lock()
	box, wanted := h.box, false
	for i := range h.set.Endpoints {
		wanted = wanted || h.set.Endpoints[i].wants(Changed, n.Room)
	}
	h.mu.Unlock()
	if box == nil || !wanted {
		return nil
	}
	return box.Add(ctx, 0, nil, []Mark{markOf(n.Room, roomMark{
		Incarnation: n.Incarnation, Pending: n.Version, Users: usersOf(n.Writers),
		Time: n.Time.UTC(),
	})})
}
