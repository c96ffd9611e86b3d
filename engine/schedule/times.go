package schedule

import "time"

// Earliest returns the earliest of the times that are not zero.
func Earliest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// Latest returns the later of two times.
func Latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Reached reports whether t is set and is not after now.
func Reached(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }
