package engine

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

const (
	// maxAwarenessEntries is how many entries of a message are looked at. Clients send
	// back what they are told, so what they are told comes in messages of no more
	// than entriesPerMessage.
	maxAwarenessEntries = 256
	entriesPerMessage   = 128

	// maxAwarenessClock leaves a client that was told of such a clock room to count on for ever.
	maxAwarenessClock = 1 << 48
)

// checkAwareness checks what needs no lock. Its error is a *lib0.SyntaxError.
func checkAwareness(b []byte) (yjs.CheckedAwareness, error) {
	a, err := yjs.CheckAwareness(b)
	if err != nil {
		return a, err
	}
	for e := range a.Entries() {
		if e.Clock > maxAwarenessClock {
			return a, &lib0.SyntaxError{Err: ErrAwarenessClock}
		}
	}
	return a, nil
}
