package webhooks

import (
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
)

// EventBuffer is how many events of the hub may wait.
const EventBuffer = 4096

// follow makes messages of events until the subscription is closed.
func (h *Webhooks) follow(watch *events.Subscription) {
	h.mu.Lock()
	h.follows = watch
	h.mu.Unlock()
	h.ended.Go(func() {
		limits := map[string]time.Time{}
		lost := uint64(0)
		for e := range watch.C {
			made := eventOf(e)
			if made != nil && (made.kind != LimitHit || mayRepeat(limits, made)) {
				h.post(made)
			}
			dropped := watch.Dropped()
			h.counts.lose(lostBusy, int(dropped-lost))
			lost = dropped
		}
	})
}

// eventOf returns the event of webhooks that an event of the hub is, nil for none.
func eventOf(e events.Event) *event {
	made := &event{time: e.Time, data: data{Room: e.Room}}
	switch e.Kind {
	case events.Joined:
		made.kind = UserJoined
	case events.Left:
		made.kind = UserLeft
	case events.Limited:
		made.kind, made.data.Limit, made.data.Reason = LimitHit, e.Subject, e.Reason
	default:
		return nil
	}
	if e.User != "" {
		made.data.User = &User{ID: e.User}
	}
	return made
}

// A limit of a room is told once in limitInterval. Of more than limitKinds limits and rooms those
// that were told longest ago are forgotten.
const (
	limitInterval = time.Minute
	limitKinds    = 1000
)

// mayRepeat reports whether a limit was not told lately, and notes that it is now.
func mayRepeat(told map[string]time.Time, e *event) bool {
	key := e.data.Limit + "\x00" + e.data.Room
	if at, ok := told[key]; ok && e.time.Sub(at) < limitInterval {
		return false
	}
	if len(told) >= limitKinds {
		for k, at := range told {
			if e.time.Sub(at) >= limitInterval {
				delete(told, k)
			}
		}
		if len(told) >= limitKinds {
			return false
		}
	}
	told[key] = e.time
	return true
}
