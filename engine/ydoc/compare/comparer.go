package compare

import (
	"maps"
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// comparer compares two documents.
type comparer struct {
	output
	old, new *view.View
	table    *authors.Map // of new
	shared   bool         // the documents have a history in common, so equal ids are the same
	left     uint64       // steps that it may still take, beside those that views count
}

// spend counts n steps.
func (c *comparer) spend(n int) {
	if uint64(n) > c.left {
		panic(view.ErrBudget) // for view.Recover
	}
	c.left -= uint64(n)
}

// add adds a difference, or extends an earlier one by it.
func (c *comparer) add(f found) {
	if !c.extend(&f) {
		c.append(f)
	}
}

// append adds a difference that no other one is extended by.
func (c *comparer) append(f found) {
	c.spend(stepsOf(f.at))
	c.all = append(c.all, f)
}

// side is a block in one of the documents; its type is the zero Type where it is not there.
type side struct {
	t  view.Type
	at *place
}

func (s side) exists() bool { return s.t != (view.Type{}) }

func (s side) segments() []segment {
	if !s.exists() {
		return nil
	}
	return segments(s.t)
}

// blocks compares two blocks.
func (c *comparer) blocks(old, new side) {
	w := &lists{c: c, old: old.at, new: new.at, a: old.segments(), b: new.segments()}
	w.align()
	c.entries(old, new)
}

// deleter returns the user who deleted units, and how many of the n from it on: in one document
// only what the other deleted is known.
func (c *comparer) deleter(id yjs.ID, n uint64) (authors.Author, uint64) {
	if !c.shared {
		return authors.Author{}, n
	}
	by, until := c.table.Deleter(id.Client, id.Clock)
	return by, min(n, until-id.Clock)
}

// live returns the value of a key, if it has one.
func (s side) live(key string) (it view.Item, ok bool) {
	if !s.exists() {
		return it, false
	}
	it, ok = s.t.Entry(key)
	return it, ok && !it.Deleted()
}

// entries compares the keys of maps, or the attributes of elements.
func (c *comparer) entries(old, new side) {
	names := map[string]bool{}
	for _, s := range []side{old, new} {
		if s.exists() {
			for _, key := range s.t.Keys() {
				names[key] = true
			}
		}
	}
	c.spend(len(names))
	for _, key := range slices.Sorted(maps.Keys(names)) {
		c.entry(old, new, key)
	}
}

func (c *comparer) entry(old, new side, key string) {
	was, before := old.live(key)
	is, after := new.live(key)
	switch {
	case !before && !after:
	case !after:
		c.unset(old.at, key, was)
	case !before || !c.sameEntry(was, is):
		c.set(new.at, key, is)
	case is.Ref() == yjs.RefType:
		c.blocks(side{was.Type(), old.at.under(key)}, side{is.Type(), new.at.under(key)})
	}
}

// sameEntry reports whether a key has the same value, or block, in both documents.
func (c *comparer) sameEntry(was, is view.Item) bool {
	if was.Ref() != is.Ref() {
		return false
	}
	if was.Ref() == yjs.RefType {
		return sameKind(was.Type(), is.Type()) && (!c.shared || was.Last() == is.Last())
	}
	a, b := rawValues(was), rawValues(is)
	return len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1]
}

func (c *comparer) unset(at *place, key string, was view.Item) {
	f := found{at: at, Difference: Difference{Type: Unset, Key: key}}
	f.By, _ = c.deleter(was.Last(), 1)
	if was.Ref() == yjs.RefType {
		f.Block, f.Name = kindOf(was.Type())
		f.Text = textOf(was.Type())
	} else {
		f.Values = lastValue(was)
	}
	c.add(f)
}

func (c *comparer) set(at *place, key string, is view.Item) {
	f := found{at: at, Difference: Difference{Type: Set, Key: key}}
	f.By, _ = writer(c.table, is.Last(), 1)
	if is.Ref() != yjs.RefType {
		f.Values = lastValue(is)
		c.add(f)
		return
	}
	f.Block, f.Name = kindOf(is.Type())
	c.add(f)
	c.blocks(side{}, side{is.Type(), at.under(key)})
}
