package webhooks

import (
	"log/slog"
	"time"
)

// attempt makes one attempt to deliver the first message of a room, and stores its outcome.
func (h *Webhooks) attempt(q *queue, r *roomQueue, timeout time.Duration) {
	h.mu.Lock()
	p, caller := r.messages[0], q.caller
	h.mu.Unlock()
	result := caller.call(h.running, p, timeout)
	if !result.delivered && h.running.Err() != nil { // Close has ended it: it counts for nothing
		h.end(q, r, false)
		return
	}
	h.counts.attempted(result)
	switch {
	case result.delivered:
		h.store(nil, []uint64{p.seq})
		h.setFailing(q, "")
		h.end(q, r, true)
	case result.gone:
		h.turnOff(q, p, result.why)
		h.end(q, r, true)
	default:
		h.setFailing(q, result.why)
		h.mu.Lock()
		p.fail(time.Now(), result.why, result.after)
		h.mu.Unlock()
		h.store([]Entry{p.entry()}, nil)
		if p.parked() {
			h.logParked(q, p)
		}
		h.end(q, r, p.parked())
	}
}

// end puts a room back whose first message was on its way.
func (h *Webhooks) end(q *queue, r *roomQueue, done bool) {
	h.mu.Lock()
	q.back(r, done)
	h.flying--
	h.mu.Unlock()
	wake(h.wakeSender)
}

// store changes the outbox, and tries that again until it succeeds or Close gives up.
func (h *Webhooks) store(put []Entry, drop []uint64) {
	for tries := 0; ; tries++ {
		err := h.box.Change(h.running, put, drop)
		if err == nil || h.running.Err() != nil {
			return
		}
		if tries == 0 {
			h.log.Error("outcome of webhooks cannot be stored; it is tried again", reason(err))
		}
		if !pause(h.running, min(time.Duration(tries+1)*time.Second, 10*time.Second)) {
			return
		}
	}
}

// setFailing notes how the last attempt of an endpoint has ended, and logs when that changes.
func (h *Webhooks) setFailing(q *queue, why string) {
	h.mu.Lock()
	before := q.failing
	q.failing = why != ""
	h.mu.Unlock()
	endpoint := slog.String("endpoint", q.name)
	switch {
	case why != "" && !before:
		h.log.Warn("webhook endpoint fails; messages are tried again", endpoint, slog.String("reason", why))
	case why == "" && before:
		h.log.Info("webhook endpoint answers again", endpoint)
	}
}

// logParked reports that a message was given up.
func (h *Webhooks) logParked(q *queue, p *pending) {
	h.counts.parked.Inc()
	h.mu.Lock()
	h.parked[q.name]++
	h.mu.Unlock()
	h.log.Error("message of webhooks is parked after the last attempt",
		slog.String("endpoint", q.name), slog.String("id", p.id), slog.String("event", p.Type),
		slog.String("room", p.Room), slog.String("reason", p.Why))
}

// turnOff sends an endpoint nothing any more. Its messages are parked, p among them.
func (h *Webhooks) turnOff(q *queue, p *pending, why string) {
	now := time.Now()
	d := disabled{now.UTC(), why}
	h.mu.Lock()
	h.off[q.name] = &d
	all := append(q.drain(), p)
	put := make([]Entry, len(all))
	for i, m := range all {
		m.park(now, why)
		put[i] = m.entry()
	}
	h.parked[q.name] += len(all)
	h.mu.Unlock()
	h.counts.parked.Add(len(all))
	h.store(put, nil)
	h.keepMark(offMark(q.name, &d))
	h.log.Error("webhook endpoint is off until a reload or an operator turns it on",
		slog.String("endpoint", q.name), slog.String("reason", why), slog.Int("messages", len(all)))
}

// keepMark stores a mark, and logs if that fails.
func (h *Webhooks) keepMark(m Mark) {
	if err := h.box.Add(h.running, 0, nil, []Mark{m}); err != nil && h.running.Err() == nil {
		h.log.Error("state of a webhook endpoint cannot be stored; it holds until a restart", reason(err))
	}
}
