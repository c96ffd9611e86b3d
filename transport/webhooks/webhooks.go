package webhooks

import (
	"context"
	"errors"
	"time"
)

// Start opens the outbox and begins to send, if there are endpoints.
func (h *Webhooks) Start(ctx context.Context) error {
	h.opening.Lock()
	defer h.opening.Unlock()
	return h.start(ctx)
}

// start is Start with opening held.
func (h *Webhooks) start(ctx context.Context) error {
	h.mu.Lock()
	needed := len(h.set.Endpoints) > 0 && h.box == nil && !h.closed
	h.mu.Unlock()
	if !needed {
		return nil
	}
	box, err := h.c.Open(ctx)
	if err != nil {
		return err
	}
	if err := h.begin(ctx, box); err != nil {
		return errors.Join(err, box.Close())
	}
	h.mu.Lock()
	h.box = box
	h.mu.Unlock()
	h.ended.Go(h.takeIn)
	h.ended.Go(h.send)
	if h.c.Events != nil {
		h.follow(h.c.Events.Subscribe(EventBuffer))
	}
	return nil
}

// markBegun is the key of the mark that shows that changes are announced.
const markBegun = "begun"

// begin marks a new outbox. Changes of before are not announced.
func (h *Webhooks) begin(ctx context.Context, box Outbox) error {
	marks, err := box.Marks(ctx)
	if err != nil {
		return err
	}
	for _, m := range marks {
		if m.Key == markBegun {
			return nil
		}
	}
	h.scanned = true
	return box.Add(ctx, 0, nil, []Mark{{Key: markBegun, Data: []byte("1")}})
}

// Reconfigure replaces the settings. Messages for endpoints that are not in them any more are
// dropped. Endpoints to which nothing was sent, as they answered with 410, are sent events again.
// If its error is not nil, it changes nothing.
func (h *Webhooks) Reconfigure(ctx context.Context, set Settings) error {
	h.opening.Lock()
	defer h.opening.Unlock()
	before := h.replace(set.withDefaults())
	if err := h.start(ctx); err != nil {
		h.replace(before)
		return err
	}
	h.refit()
	if err := h.control(ctx, control{EnableAll: true}); err != nil {
		h.log.Error("webhook endpoints that are off cannot be turned on", reason(err))
	}
	return nil
}

// replace replaces the settings, and returns those of before.
func (h *Webhooks) replace(set Settings) (before Settings) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, h.set = h.set, set
	return before
}

// Active reports whether there are endpoints.
func (h *Webhooks) Active() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.set.Endpoints) > 0
}

// endPatience is how long Close lets attempts go on.
const endPatience = 3 * time.Second

// Close puts all events into the outbox, lets attempts end for a moment, and closes the outbox. It
// returns an error if ctx is done before all events are in the outbox.
func (h *Webhooks) Close(ctx context.Context) error {
	h.mu.Lock()
	box, follows, already := h.box, h.follows, h.closed
	h.closed = true
	h.mu.Unlock()
	if already {
		return nil
	}
	defer h.cancel()
	if box == nil {
		return nil
	}
	if follows != nil {
		follows.Close()
	}
	close(h.stop)
	err := h.flush(ctx)
	h.awaitAttempts(ctx)
	h.cancel()
	h.ended.Wait()
	return errors.Join(err, box.Close())
}

// awaitAttempts waits until no attempt runs, for a moment.
func (h *Webhooks) awaitAttempts(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	for h.attempts() > 0 && pause(ctx, 10*time.Millisecond) {
	}
}

func (h *Webhooks) attempts() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.flying
}
