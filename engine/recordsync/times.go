package recordsync

import "time"

// earliest returns the earlier of two times, where zero is never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// reached reports that t is set and has come.
func reached(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }
