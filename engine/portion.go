package engine

import "time"

const (
	// heavyRoom is how many bytes of updates a room has that makes others wait for its flush.
	heavyRoom = 64 << 10
	// flushBytes is about how many bytes of updates of such rooms go into one commit. Others
	// whose keystroke is in the same commit wait until all of it is durable.
	flushBytes = 4 << 20
)

// portion returns those of due that are flushed now: all that have little to commit, and
// then, in their order, those that have much, at least one and up to flushBytes. The rest
// is due in the next flush. It reorders due.
func (f *flusher) portion(due []*room, now time.Time) []*room {
	light := due[:0]
	f.heavy = f.heavy[:0]
	for _, r := range due {
		if r.unflushed.Load() < heavyRoom {
			light = append(light, r)
		} else {
			f.heavy = append(f.heavy, r)
		}
	}
	defer clear(f.heavy)
	bytes := int64(0)
	for i, r := range f.heavy {
		if bytes += r.unflushed.Load(); bytes > flushBytes && i > 0 {
			f.putOff(f.heavy[i:], now)
			return append(light, f.heavy[:i]...)
		}
	}
	return append(light, f.heavy...)
}

func (f *flusher) putOff(rooms []*room, now time.Time) {
	for _, r := range rooms {
		f.e.sched.At(&r.slot, now)
	}
}
