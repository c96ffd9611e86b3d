// Package steps counts work for tests, in which time is too noisy to show how
// work grows. Loops over sent or stored data call Take; outside of Count
// that is a comparison with nil.
package steps

// counter is nil except in Count.
var counter *uint64

// Take counts n steps: a struct read, an element looked at or moved.
func Take(n int) {
	if counter != nil {
		*counter += uint64(n)
	}
}

// Count runs f and returns how many steps it took. It is for tests, and for one
// at a time: nothing else may run meanwhile that takes steps.
func Count(f func()) (taken uint64) {
	counter = &taken
	defer func() { counter = nil }()
	f()
	return taken
}
