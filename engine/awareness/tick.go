package awareness

import (
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// NextTick returns when Tick next has something to do, zero if never.
func (r *Room) NextTick() time.Time {
	return schedule.Earliest(r.expiry, r.renewAt, r.reminder, r.nextTakeover())
}

// Tick does all that is due at now: it removes states that were not renewed, ends takeovers, and
// marks states that are to be sent again as changed.
func (r *Room) Tick(now time.Time) {
	if schedule.Reached(r.expiry, now) {
		r.expire(now)
	}
	r.endTakeovers(now)
	if schedule.Reached(r.reminder, now) {
		r.markAllChanged()
		r.reminder, r.remindedAt = time.Time{}, now
	}
	if schedule.Reached(r.renewAt, now) {
		for client, s := range r.states {
			if s.unsent == unsentRenewal {
				r.markChanged(client, s)
			}
		}
		r.renewAt, r.renewedAt = time.Time{}, now
	}
}

// expire removes states that were not renewed for too long, renews synthetic ones, and
// drops old tombstones.
func (r *Room) expire(now time.Time) {
	r.tombstones.expire(now)
	r.expiry = time.Time{}
	for client, s := range r.states {
		ended := schedule.Reached(r.end(s), now)
		if ended && !s.synthetic {
			r.remove(client, s, now)
			continue
		}
		if ended {
			s.renewSynthetic(r.cfg.since(now))
			r.markChanged(client, s)
		}
		r.expiry = schedule.Earliest(r.expiry, r.end(s))
	}
}

// markAllChanged makes the next flush send all states again, one clock ahead of their owners'. It
// leaves out states that are ahead already, as they were sent again and their owners have not
// counted on since.
func (r *Room) markAllChanged() {
	for client, s := range r.states {
		if s.sentClock == s.clock {
			s.sentClock++
			r.markChanged(client, s)
		}
	}
}
