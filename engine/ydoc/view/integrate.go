package view

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// target is a client that is to be integrated up to and including an item.
type target struct{ client, last int32 }

// integrateAll integrates every item after those it refers to.
func (v *View) integrateAll() error {
	var stack []target
	for c := range v.clients {
		stack = append(stack[:0], target{int32(c), v.clients[c].end - 1})
		for len(stack) > 0 {
			g := stack[len(stack)-1]
			next := v.clients[g.client].next
			steps.Take(1)
			if next > g.last {
				stack = stack[:len(stack)-1]
			} else if need := v.dependency(&v.items[next]); need == none {
				v.integrate(next)
				v.clients[g.client].next++
				if v.steps > v.maxSteps {
					return ErrBudget
				}
			} else if len(stack) > len(v.clients) {
				return ErrIncomplete // a circle
			} else {
				stack = append(stack, target{v.items[need].client, need})
			}
		}
	}
	return nil
}

// dependency returns an item that must be integrated before it.
func (v *View) dependency(it *item) int32 {
	for _, need := range [...]int32{it.origin, it.rightOrigin, parentItem(it)} {
		if need != none && !v.items[need].done {
			return need
		}
	}
	return none
}

// integrate links item i in, as Yjs' Item.integrate does.
func (v *View) integrate(i int32) {
	it := &v.items[i]
	it.done = true
	if it.gc || !v.resolveParent(it) {
		it.gc, it.deleted, it.parent = true, true, none
		return
	}
	it.left = it.origin
	right := it.rightOrigin
	if right != none && v.items[right].parent != it.parent {
		v.foreignRights = append(v.foreignRights, i)
	}
	conflict := it.left == none && (right == none || v.items[right].left != none) ||
		it.left != none && v.items[it.left].right != right
	if conflict {
		v.resolveConflicts(it, right)
	}
	v.link(i, it)
	if it.ref() == yjs.RefType {
		v.makeType(i, it)
	}
	v.deleteIfHidden(i, it)
}

// resolveParent sets the parent and the key of it. It returns false if it has none, as its origin,
// right origin or parent is GC.
func (v *View) resolveParent(it *item) bool {
	for _, side := range [...]int32{it.origin, it.rightOrigin} {
		if side != none && v.items[side].gc {
			return false
		}
	}
	switch parent := parentItem(it); {
	case parent != none:
		it.parent = v.items[parent].typ
	case it.parent >= 0:
	case it.origin != none:
		it.parent, it.key = v.items[it.origin].parent, v.items[it.origin].key
	case it.rightOrigin != none:
		it.parent, it.key = v.items[it.rightOrigin].parent, v.items[it.rightOrigin].key
	}
	return it.parent >= 0
}

// resolveConflicts sets the left neighbour of it, among items with conflicting origins.
func (v *View) resolveConflicts(it *item, right int32) {
	o := v.firstConflict(it)
	if o != none && o != right && len(v.conflictMarks) < len(v.items) {
		v.conflictMarks = slices.Grow(v.conflictMarks[:0], len(v.items))[:len(v.items)]
		clear(v.conflictMarks)
	}
	v.stamp++
	now := conflictMark{v.stamp, v.stamp} // for items between the origin and it
	for o != none && o != right {
		v.steps++
		other := &v.items[o]
		v.conflictMarks[o] = now
		if other.origin == it.origin {
			if v.clients[other.client].id < v.clients[it.client].id {
				it.left = o
				v.stamp++
				now.conflict = v.stamp
			} else if other.rightOrigin == it.rightOrigin {
				break
			}
		} else if other.origin == none || v.conflictMarks[other.origin].before != now.before {
			break
		} else if v.conflictMarks[other.origin].conflict != now.conflict {
			it.left = o
			v.stamp++
			now.conflict = v.stamp
		}
		o = other.right
	}
}

func (v *View) firstConflict(it *item) int32 {
	switch {
	case it.left != none:
		return v.items[it.left].right
	case it.key != none:
		if e := v.entryOf(it.parent, it.key); e != none {
			return v.entries[e].first
		}
		return none
	}
	return v.types[it.parent].start
}

// link links it after its left neighbour, or as the first.
func (v *View) link(i int32, it *item) {
	if it.left != none {
		it.right = v.items[it.left].right
		v.items[it.left].right = i
	} else {
		it.right = v.firstConflict(it)
		if it.key == none {
			v.types[it.parent].start = i
		}
	}
	if it.right != none {
		v.items[it.right].left = i
	}
	if it.key != none {
		v.linkKey(i, it)
	}
}

// linkKey updates the entry of a map key, and deletes the value before the last.
func (v *View) linkKey(i int32, it *item) {
	n := v.entryOf(it.parent, it.key)
	if n == none {
		n = v.addEntry(it.parent, it.key)
	}
	e := &v.entries[n]
	if it.left == none {
		e.first = i
	}
	if it.right == none {
		e.last = i
		if it.left != none {
			v.delete(it.left)
		}
	}
}

func (v *View) makeType(i int32, it *item) {
	r := lib0.TrustedReader(v.raw[it.from:it.to])
	t := typ{item: i, ref: byte(r.Uvarint())}
	if r.Len() > 0 {
		t.name = v.keys[v.intern(r.String())]
	}
	it.typ = v.addType(t)
}

// deleteIfHidden deletes item i if it is in a deleted type, or not the last value of a key.
func (v *View) deleteIfHidden(i int32, it *item) {
	if it.ref() == yjs.RefDeleted || v.inDeletedType(it) || it.key != none && it.right != none {
		v.delete(i)
	}
}

// delete deletes item i and all items of its type.
func (v *View) delete(i int32) {
	if v.items[i].typ == none {
		v.items[i].deleted = true
		return
	}
	pending := []int32{i}
	for len(pending) > 0 {
		it := &v.items[pending[len(pending)-1]]
		steps.Take(1)
		pending = pending[:len(pending)-1]
		if it.deleted {
			continue
		}
		it.deleted = true
		if it.typ == none {
			continue
		}
		for child := v.types[it.typ].start; child != none; child = v.items[child].right {
			pending = append(pending, child)
		}
		for e := range v.entriesOf(it.typ) {
			pending = append(pending, v.entries[e].last)
		}
	}
}

// applyDeletes applies the delete set.
func (v *View) applyDeletes() {
	for _, d := range v.deletes {
		i := v.find(yjs.ID{Client: d.Client, Clock: d.Clock})
		if i == none {
			continue
		}
		for end := v.clients[v.items[i].client].end; i < end && v.items[i].clock < d.End; i++ {
			steps.Take(1)
			v.delete(i)
		}
	}
}

// inDeletedType reports whether the type that contains it is deleted.
func (v *View) inDeletedType(it *item) bool {
	parent := v.types[it.parent].item
	return parent != none && v.items[parent].deleted
}
