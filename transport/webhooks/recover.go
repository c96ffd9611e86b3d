package webhooks

import (
	"log/slog"
	"time"
)

// recover announces the changes that were stored by a process that was killed before it announced
// them.
func (h *Webhooks) recover(marks []Mark) {
	known, saved := map[string]roomMark{}, map[string]roomMark{}
	found := h.recoverBegun(marks)
	for _, m := range marks {
		if room, r, ok := roomOf(m, markSaved); ok {
			saved[room] = r
		}
		room, r, ok := roomOf(m, markRoom)
		if !ok {
			continue
		}
		if r.Pending > r.Announced {
			found++
			h.post(&event{kind: Changed, time: r.Time, incarnation: r.Incarnation,
				data: data{Room: room, Version: r.Pending, Users: r.Users}})
		}
		known[room] = r
	}
	rooms, err := h.c.Rooms.Unsaved(h.running)
	if err != nil {
		h.log.Error("changes that were not announced before the start cannot be looked for", reason(err))
		return
	}
	for _, room := range rooms {
		if h.recoverRoom(room, known) {
			found++
		}
		delete(known, room)
	}
	found += h.recoverSaves(known, saved)
	if found > 0 {
		h.log.Info("events of before are announced to webhooks", slog.Int("events", found))
	}
	h.forget(known, saved)
}

// recoverSaves announces the saves of rooms whose journal is empty: their snapshots have all that
// was announced.
func (h *Webhooks) recoverSaves(known, saved map[string]roomMark) (found int) {
	for room, r := range known {
		version, last := max(r.Announced, r.Pending), saved[room]
		stored := last.Incarnation == r.Incarnation && last.Announced >= version
		if version == 0 || stored || !h.c.Rooms.SavedBySnapshot(room) {
			continue
		}
		found++
		h.post(&event{kind: Saved, time: time.Now(), incarnation: r.Incarnation,
			data: data{Room: room, Version: version}})
		delete(known, room) // it is forgotten at another start
		delete(saved, room)
	}
	return found
}

// recoverRoom announces what the journal of a room shows and its mark does not.
func (h *Webhooks) recoverRoom(room string, known map[string]roomMark) (found bool) {
	c, ok, err := h.c.Rooms.StoredChange(h.running, room)
	h.logUnknown(room, err)
	mark, marked := known[room]
	if marked = marked && mark.Incarnation == c.Incarnation; !marked {
		mark = roomMark{}
	}
	last := max(mark.Announced, mark.Pending)
	if err != nil || !ok || marked && c.Version <= last {
		return false
	}
	writers, err := h.c.Rooms.WritersSince(h.running, room, last)
	h.logUnknown(room, err) // the change is known all the same
	e := event{time: c.Time, incarnation: c.Incarnation, data: data{
		Room: room, Version: c.Version, Users: usersOf(writers),
	}}
	if e.time.IsZero() {
		e.time = time.Now()
	}
	if c.Created && !marked {
		created := e
		created.kind = Created
		h.post(&created)
	}
	e.kind = Changed
	h.post(&e)
	return true
}

// logUnknown logs why not everything is known of the changes of a room.
func (h *Webhooks) logUnknown(room string, err error) {
	if err != nil && h.running.Err() == nil {
		h.log.Warn("changes of a room cannot be looked for", slog.String("room", room), reason(err))
	}
}

// forget drops the marks of rooms whose journal is empty: their snapshots have everything that was
// announced.
func (h *Webhooks) forget(known, saved map[string]roomMark) {
	var marks []Mark
	for room, r := range known {
		if r.Pending > r.Announced {
			continue
		}
		marks = append(marks, Mark{Key: markRoom + room})
		if _, marked := saved[room]; marked {
			marks = append(marks, Mark{Key: markSaved + room})
		}
	}
	for len(marks) > 0 && h.running.Err() == nil {
		n := min(len(marks), loadPortion)
		if err := h.box.Add(h.running, 0, nil, marks[:n]); err != nil {
			return // they are dropped at another start
		}
		marks = marks[n:]
	}
}

// Rescan looks again for changes that nobody has announced, if this process sends: another node has
// ended.
func (h *Webhooks) Rescan() {
	h.mu.Lock()
	scans := h.held && h.c.Rooms != nil && !h.closed
	h.mu.Unlock()
	if !scans {
		return
	}
	h.ended.Go(func() {
		marks, err := h.box.Marks(h.running)
		if err == nil {
			h.recover(marks)
		}
	})
}
