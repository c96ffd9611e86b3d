// Package storetest is the suite of tests that every backend must pass: the contract in the comment
// of package persist, as tests.
//
// Files, in layers; each uses only what is listed before it:
//
//	store.go harness.go                                 a store, and its calls in tests
//	basics.go snapshots.go versions.go expiries.go      tests of the methods
//	named.go retained.go                                tests of versions' names and limits
//	decisions.go                                        tests of decisions of administrators
//	outboxharness.go outboxes.go                        the suite of outboxes
//	lifetimes.go races.go damages.go                    tests of longer runs, and of damage
//	storetest.go                                        the suite
//	volume_linux.go                                     a file system that can be frozen
package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// Backend makes stores for the suite.
type Backend struct {
	// New prepares an empty directory, or the backend's equivalent, and returns a function that
	// opens a store there with these options. The suite opens it again only after Close, and only
	// if Durable.
	New func(t *testing.T, keep persist.Retention) (open func() Store)

	// Damage damages the stored snapshot of a room, or if there is none a row, in the store that
	// was opened last, which is closed. May be nil if the store is not Durable.
	Damage func(t *testing.T, room string)

	// Durable is set if data survives closing the store and opening it again.
	Durable bool
}

// Run runs the suite.
func Run(t *testing.T, b Backend) {
	all := slices.Concat(
		basics, snapshots, versions, named, retained, expiries, decisions, lifetimes, races,
		damages)
	for _, c := range all {
		if c.durable && !b.Durable {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			h := &harness{T: t}
			h.now.Store(epoch.UnixNano())
			h.damage = b.Damage
			clock := func() time.Time { return time.Unix(0, h.now.Load()) }
			h.open = b.New(t, persist.Retention{Versions: kept, Now: clock})
			h.keeps = func(keep persist.Retention) Store {
				_ = h.store.Close()
				keep.Now = clock
				return b.New(t, keep)()
			}
			h.store = h.open()
			t.Cleanup(func() { _ = h.store.Close() })
			c.run(h)
		})
	}
}
