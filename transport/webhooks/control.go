package webhooks

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
)

// opened returns the outbox, nil if there is none, and the settings.
func (h *Webhooks) opened() (Outbox, Settings) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.box, h.set
}

// eachMessage calls f with the messages with numbers above after, until f returns false.
func eachMessage(ctx context.Context, box Outbox, after uint64, f func(*pending) bool) error {
	for {
		entries, err := box.Entries(ctx, after, loadPortion)
		if err != nil || len(entries) == 0 {
			return err
		}
		for _, e := range entries {
			after = e.Seq
			if p, err := read(e); err == nil && e.Queue != controlQueue && !f(p) {
				return nil
			}
		}
	}
}

// controlQueue is the queue of messages to the process that sends.
const controlQueue = "\x01control"

// control is a message to the process that sends.
type control struct {
	Enable    string `json:"enable,omitempty"`
	EnableAll bool   `json:"enable_all,omitempty"`
	Recount   bool   `json:"recount,omitempty"` // how many messages are parked
}

// control sends a message to the process that sends, which may be this one.
func (h *Webhooks) control(ctx context.Context, c control) error {
	box, _ := h.opened()
	if box == nil {
		return nil
	}
	b, err := json.Marshal(c)
	if err == nil {
		err = box.Add(ctx, 0, []Entry{{Queue: controlQueue, ID: rand.Text(), Data: b}}, nil)
	}
	wake(h.wakeSender)
	return err
}

// obey does what a message to the process that sends says; mu is held.
func (h *Webhooks) obey(e Entry) {
	var c control
	if json.Unmarshal(e.Data, &c) != nil {
		return
	}
	for name := range h.off {
		if !c.EnableAll && c.Enable != name {
			continue
		}
		delete(h.off, name)
		h.log.Info("webhook endpoint is on again", slog.String("endpoint", name))
		h.ended.Go(func() { h.keepMark(offMark(name, nil)) })
	}
	if c.Recount {
		h.ended.Go(h.recount)
	}
}

// refit gives all queues the endpoints of the settings.
func (h *Webhooks) refit() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.box == nil || h.closed {
		return
	}
	for name, q := range h.queues {
		if e := h.endpoint(name); e != nil {
			q.caller = newCaller(*e, &h.c)
		} else {
			q.caller = nil
		}
	}
	h.ended.Go(h.dropParked)
	wake(h.wakeSender)
}

// dropParked drops the parked messages of endpoints that are not in the configuration, unless
// another node may know these.
func (h *Webhooks) dropParked() {
	if h.c.Shared {
		return
	}
	var seqs []uint64
	err := eachMessage(h.running, h.box, 0, func(p *pending) bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		if p.parked() && h.endpoint(p.endpoint) == nil {
			seqs = append(seqs, p.seq)
		}
		return true
	})
	if err == nil && len(seqs) > 0 {
		h.store(nil, seqs)
		h.counts.lose(lostRemoved, len(seqs))
		h.recount()
	}
}

// recount counts the parked messages.
func (h *Webhooks) recount() {
	parked := map[string]int{}
	err := eachMessage(h.running, h.box, 0, func(p *pending) bool {
		if p.parked() {
			parked[p.endpoint]++
		}
		return true
	})
	if err == nil {
		h.mu.Lock()
		h.parked = parked
		h.mu.Unlock()
	}
}
