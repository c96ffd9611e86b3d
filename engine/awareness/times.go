package awareness

import "time"

// earliest is the earliest of the times that are not zero, which stands for never.
func earliest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// reached reports whether t has come by now.
func reached(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }
