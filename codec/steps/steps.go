// Package steps counts work for tests, as time is too noisy to show how work grows. Loops over
// received or stored data call Take, which outside of Count is a comparison with nil.
package steps

// counter is nil except in Count.
var counter *uint64

// Take counts n steps: a struct read, an element looked at or moved.
func Take(n int) {
	if counter != nil {
		*counter += uint64(n)
	}
}

// Count runs f and returns the number of steps that it took. It is for tests. Nothing else that
// takes steps may run meanwhile.
func Count(f func()) (taken uint64) {
	counter = &taken
	defer func() { counter = nil }()
	f()
	return taken
}
