package webhooks

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/engine"
)

// beginTimeout bounds how long something that somebody asked for waits for the outbox.
const beginTimeout = 5 * time.Second

// Begin implements engine.Announcer: it keeps a mark until what has become is in the outbox. If
// that fails the action goes on: its event is lost only if the process is killed before it is in
// the outbox.
func (h *Webhooks) Begin(
	ctx context.Context, n engine.Announcement,
) (end func(became ...engine.Announcement)) {
	box := h.boxFor(n.Room, kindsOf[n.Kind])
	if box == nil {
		return func(became ...engine.Announcement) { h.become("", became) }
	}
	key := markBegan + rand.Text()[:beganChars] + n.Room
	if err := addWithin(ctx, box, beganMark(key, n)); err != nil {
		h.log.Warn("an event that is about to happen cannot be kept; it is sent unless the process is killed before",
			slog.String("room", n.Room), reason(err))
	}
	return func(became ...engine.Announcement) {
		if len(became) == 0 { // if this fails, the next start finds out that nothing has
			_ = addWithin(context.WithoutCancel(ctx), box, Mark{Key: key})
		}
		h.become(key, became)
	}
}

func addWithin(ctx context.Context, box Outbox, m Mark) error {
	ctx, cancel := context.WithTimeout(ctx, beginTimeout)
	defer cancel()
	return box.Add(ctx, 0, nil, []Mark{m})
}

// become announces what has become of what has a mark with that key; the last event drops it.
func (h *Webhooks) become(key string, became []engine.Announcement) {
	for i, n := range became {
		e := eventFor(n)
		if i == len(became)-1 {
			e.began = key
		}
		h.post(e)
	}
}

// recoverBegun announces what became of what a process had begun that was killed before it
// announced that.
func (h *Webhooks) recoverBegun(marks []Mark) (found int) {
	for _, m := range marks {
		n, ok := beganOf(m)
		if !ok {
			continue
		}
		became, over, err := h.c.Rooms.Became(h.running, n)
		if err != nil && h.running.Err() == nil {
			h.log.Warn("what has become of a document cannot be looked for", slog.String("room", n.Room), reason(err))
		}
		switch {
		case len(became) > 0:
			found++
			h.become(m.Key, became)
		case over && err == nil:
			_ = addWithin(h.running, h.box, Mark{Key: m.Key}) // or at another start
		}
	}
	return found
}
