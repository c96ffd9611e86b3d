package compare

import (
	"cmp"
	"maps"
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// State is a state of a document.
type State struct {
	Update      yjs.CheckedUpdate
	Authors     *authors.Map // nil: nobody is known
	Incarnation uint64       // of the document; 0: not known
}

// Compare returns the differences from an older state to a newer one: those of each root in order.
// Roots for which skip returns true are left out; skip may be nil. It may take as many steps as a
// view of either document (view.MaxSteps; 0: the default). Its errors are those of view.New:
// view.ErrBudget beyond that.
func Compare(
	old, new State, skip func(root string) bool, maxSteps uint64,
) (all []Difference, err error) {
	defer view.Recover(&err)
	c := comparer{table: new.Authors, left: cmp.Or(maxSteps, view.DefaultMaxSteps)}
	if c.old, err = view.New(old.Update, view.MaxSteps(maxSteps)); err != nil {
		return nil, err
	}
	if c.new, err = view.New(new.Update, view.MaxSteps(maxSteps)); err != nil {
		return nil, err
	}
	c.shared = c.shareHistory(old.Incarnation, new.Incarnation)
	for _, name := range rootsOf(c.old, c.new) {
		if skip == nil || !skip(name) {
			at := &place{root: name}
			c.blocks(side{c.old.Root(name), at}, side{c.new.Root(name), at})
		}
	}
	return c.differences(), nil
}

// shareHistory reports whether equal ids are the same units: whether the documents are of one
// incarnation or, where that is not known, have a client in common.
func (c *comparer) shareHistory(old, new uint64) bool {
	if old != 0 && new != 0 {
		return old == new
	}
	for client := range c.old.Clients() {
		if c.new.Has(client) {
			return true
		}
	}
	return false
}

func rootsOf(a, b *view.View) []string {
	names := map[string]bool{}
	for _, name := range append(a.Roots(), b.Roots()...) {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
