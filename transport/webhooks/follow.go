package webhooks

import (
	"maps"
	"time"

	"github.com/civicpress/civic-realtime/engine"
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
		limits, lost := limitTimes{}, uint64(0)
		for e := range watch.C {
			h.postOf(e, limits)
			dropped := watch.Dropped()
			h.counts.lose(lostBusy, int(dropped-lost))
			lost = dropped
		}
	})
}

// postOf posts what an event of the hub is for webhooks.
func (h *Webhooks) postOf(e events.Event, limits limitTimes) {
	made := eventOf(e)
	if made == nil {
		return
	}
	if made.kind == LimitHit {
		may, full := limits.mayReport(made)
		if full {
			h.counts.lose(lostBusy, 1)
		}
		if !may {
			return
		}
	}
	h.post(made)
}

// eventOf returns the event of webhooks that an event of the hub is, nil for none.
func eventOf(e events.Event) *event {
	made := &event{time: e.Time, data: data{Room: e.Room}}
	switch {
	case e.Kind == events.Joined:
		made.kind = UserJoined
	case e.Kind == events.Left:
		made.kind = UserLeft
	case e.Kind == events.Limited, e.Kind == events.Refused && e.Subject != "":
		made.kind, made.data.Limit, made.data.Reason = LimitHit, e.Subject, e.Reason
		if e.Kind == events.Refused && e.Subject != engine.LimitPeers {
			made.data.Room = "" // any client can name any room
		}
	default:
		return nil
	}
	if u, ok := userOf(e.User, ""); ok {
		made.data.User = &u
	}
	return made
}

// A limit of a room is reported once in limitInterval. Of more than limitKinds limits and rooms
// within that time, further ones are not reported, and count as lost.
const (
	limitInterval = time.Minute
	limitKinds    = 1000
)

// limitTimes is when limits were reported last.
type limitTimes map[string]time.Time

// mayReport returns whether a limit may be reported, and notes that it is. full is true if it may
// not, as too many others were.
func (last limitTimes) mayReport(e *event) (may, full bool) {
	key := e.data.Limit + "\x00" + e.data.Room
	if at, ok := last[key]; ok && e.time.Sub(at) < limitInterval {
		return false, false
	}
	if len(last) >= limitKinds {
		maps.DeleteFunc(last, func(_ string, at time.Time) bool {
			return e.time.Sub(at) >= limitInterval
		})
	}
	if len(last) >= limitKinds {
		return false, true
	}
	last[key] = e.time
	return true, false
}
