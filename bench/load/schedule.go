package load

import "time"

// schedule has the times at which each writer sends in a run.
type schedule struct {
	start   time.Time
	pace    Pace
	first   uint64 // clock of every writer's first update
	updates uint64 // a writer
	moves   uint64
	writers int // each begins at another time
}

func (f *Fleet) newSchedule(p Pace) *schedule {
	n := func(rate float64) uint64 { return uint64(rate*p.For.Seconds() + 0.5) }
	return &schedule{
		start: time.Now().Add(10 * time.Millisecond), pace: p,
		first: f.written, updates: n(p.Updates), moves: n(p.Moves),
		writers: f.shape.Rooms * f.shape.Writers,
	}
}

// updateDue returns when a writer, counted across rooms, sends the update with a clock.
func (s *schedule) updateDue(writer int, clock uint64) time.Time {
	return s.start.Add(s.offset(writer, float64(clock-s.first), s.pace.Updates))
}

func (s *schedule) moveDue(writer int, k uint64) time.Time {
	return s.start.Add(s.offset(writer, float64(k)+0.37, s.pace.Moves))
}

func (s *schedule) offset(writer int, k, rate float64) time.Duration {
	return time.Duration((k + float64(writer)/float64(s.writers)) / rate * float64(time.Second))
}

// covers reports whether the update with a clock is of this run.
func (s *schedule) covers(clock uint64) bool {
	return clock >= s.first && clock-s.first < s.updates
}
