package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"
)

// maxWaiting is how many events may wait in memory for the outbox.
const maxWaiting = 10_000

// maxBatch is how many events are added to the outbox in one commit.
const maxBatch = 64

// fullError is the error of an Outbox that is full.
type fullError interface{ OutboxFull() bool }

// post puts an event into the list of those that go to the outbox. A change is joined with one of
// the same document that waits.
func (h *Webhooks) post(e *event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.set.Endpoints) == 0 {
		return
	}
	if e.kind == Changed {
		if before := h.changes[e.data.Room]; before != nil && before.incarnation == e.incarnation {
			before.merge(e)
			return
		}
	}
	if len(h.waiting) >= maxWaiting {
		h.counts.lose(lostFull, 1)
		return
	}
	if e.kind == Changed {
		h.changes[e.data.Room] = e
	}
	h.waiting = append(h.waiting, e)
	wake(h.wakeIntake)
}

// takeIn puts events into the outbox until Close.
func (h *Webhooks) takeIn() {
	failures := 0
	for {
		var again <-chan time.Time
		more, err := h.addSome(h.running)
		switch {
		case err != nil:
			failures++
			h.reportAdd(err, failures)
			again = time.After(min(time.Duration(failures)*time.Second, 10*time.Second))
		case failures > 0:
			failures = 0
			h.log.Info("events of webhooks can be stored again")
		}
		if more && err == nil {
			continue
		}
		wakes := h.wakeIntake
		if err != nil {
			wakes = nil // a new event makes nothing better
		}
		select {
		case <-wakes:
		case <-again:
		case <-h.running.Done():
			return
		}
	}
}

// reportAdd logs the first of several failures in a row.
func (h *Webhooks) reportAdd(err error, failures int) {
	h.counts.addFailures.Inc()
	switch {
	case failures > 1 || h.running.Err() != nil:
	case isFull(err):
		h.log.Error("outbox of webhooks is full: events wait in memory until the node that sends has made room")
	default:
		h.log.Error("events of webhooks cannot be stored; they wait in memory", reason(err))
	}
}

func isFull(err error) bool {
	var full fullError
	return errors.As(err, &full) && full.OutboxFull()
}

func reason(err error) slog.Attr { return slog.String("reason", err.Error()) }

// addSome puts the oldest events into the outbox, and reports whether there are more.
func (h *Webhooks) addSome(ctx context.Context) (more bool, err error) {
	entries, marks, limit := h.takeBatch()
	if len(entries)+len(marks) > 0 {
		err = h.box.Add(ctx, limit, entries, marks)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.taken
	h.taken = 0
	if err != nil {
		h.offer(n)
		return true, err
	}
	h.counts.messages.Add(len(entries))
	clear(h.waiting[:n])
	if h.waiting = h.waiting[n:]; len(h.waiting) == 0 {
		h.waiting = nil
	}
	if len(entries) > 0 {
		wake(h.wakeSender)
	}
	return len(h.waiting) > 0, nil
}

// offer lets later changes be joined with the first n events, where no later one waits; mu is held.
func (h *Webhooks) offer(n int) {
	for _, e := range h.waiting[:n] {
		if e.kind == Changed && h.changes[e.data.Room] == nil {
			h.changes[e.data.Room] = e
		}
	}
}

// takeBatch returns what the oldest events are in the outbox.
func (h *Webhooks) takeBatch() (entries []Entry, marks []Mark, limit int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.taken = min(maxBatch, len(h.waiting))
	for _, e := range h.waiting[:h.taken] {
		if h.changes[e.data.Room] == e {
			delete(h.changes, e.data.Room)
		}
		made := h.entriesOf(e)
		entries = append(entries, made...)
		if len(made) > 0 || h.wanted(e.data.Room, marking...) {
			marks = append(marks, e.marks()...)
		}
		if e.began != "" {
			marks = append(marks, Mark{Key: e.began})
		}
	}
	return entries, marks, h.set.OutboxBytes
}

// entriesOf returns the messages of an event, one for each endpoint that wants it; mu is held.
func (h *Webhooks) entriesOf(e *event) (entries []Entry) {
	id, body := "", json.RawMessage(nil)
	for i := range h.set.Endpoints {
		to := &h.set.Endpoints[i]
		if e.to != "" && e.to != to.Name || e.to == "" && !to.wants(e.kind, e.data.Room) {
			continue
		}
		if h.off[to.Name] != nil {
			h.counts.lose(lostOff, 1)
			continue
		}
		if body == nil {
			id, body = e.id(), e.body()
		}
		p := pending{id: id, endpoint: to.Name, message: message{
			Type: e.kind, Room: e.data.Room, Made: e.time.UTC(), Body: body,
		}}
		entries = append(entries, p.entry())
	}
	return entries
}

// flush waits until no event is left that is not in the outbox.
func (h *Webhooks) flush(ctx context.Context) error {
	for {
		h.mu.Lock()
		left := len(h.waiting)
		h.mu.Unlock()
		if left == 0 {
			return nil
		}
		wake(h.wakeIntake)
		if !pause(ctx, 5*time.Millisecond) {
			h.log.Error("events of webhooks are lost, as they could not be stored before the end",
				slog.Int("events", left))
			return ctx.Err()
		}
	}
}
