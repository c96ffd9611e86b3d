package ydoc

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Contains reports whether the document has all structs and deletes of an update, so that Apply
// would change nothing and leave nothing pending.
func (d *Doc) Contains(u yjs.CheckedUpdate) bool {
	r := u.Read()
	for r.NextSection() {
		if !d.holdsStructs(&r.Structs) {
			return false
		}
	}
	deletes := r.Deletes()
	for dr := (yjs.DeleteRange{}); deletes.Next(&dr); {
		if !d.holdsDelete(dr) {
			return false
		}
	}
	return true
}

func (d *Doc) holdsStructs(run *yjs.Structs) bool {
	clock := d.clock(run.Next.Client)
	for s := (yjs.Struct{}); run.Read(&s); {
		if s.Ref() != yjs.RefSkip && s.Clock+s.Len > clock {
			return false
		}
	}
	return true
}

func (d *Doc) holdsDelete(r yjs.DeleteRange) bool {
	pos, ok := d.find(r.Client)
	if !ok || d.clients[pos].index == nil {
		return false
	}
	return d.clients[pos].index.deletes.contains(r.Clock, r.End)
}

// CanApply reports whether Apply would merge all structs of an update at once: whether each follows
// a struct of the document or the update, and refers to ids of these only. It may be wrong if
// sections refer to each other in a circle.
func (d *Doc) CanApply(u yjs.CheckedUpdate) bool {
	brought := slices.Collect(u.Sections())
	slices.SortFunc(brought, func(a, b yjs.Section) int { return cmp.Compare(a.Client, b.Client) })
	for r := u.Read(); r.NextSection(); {
		if !d.canApplySection(&r.Structs, brought) {
			return false
		}
	}
	return true
}

func (d *Doc) canApplySection(run *yjs.Structs, brought []yjs.Section) bool {
	clock := d.clock(run.Next.Client)
	has := func(id yjs.ID) bool { return d.has(id) || sectionsHave(brought, id) }
	for s := (yjs.Struct{}); run.Read(&s); {
		switch {
		case s.Clock > clock:
			return false
		case s.Clock+s.Len <= clock:
			continue
		case s.Ref() == yjs.RefSkip:
			return false
		case s.HasOrigin() && !has(s.Origin),
			s.HasRightOrigin() && !has(s.RightOrigin),
			s.HasParent() && s.ParentName == nil && !has(s.Parent):
			return false
		}
		clock = s.Clock + s.Len
	}
	return true
}

// sectionsHave reports whether one of sections, which ascend, has the unit with an id.
func sectionsHave(sections []yjs.Section, id yjs.ID) bool {
	i, ok := slices.BinarySearchFunc(sections, id.Client, func(s yjs.Section, client uint64) int {
		return cmp.Compare(s.Client, client)
	})
	return ok && sections[i].Clock <= id.Clock && id.Clock < sections[i].End
}

// CanNest reports whether Apply would leave out no type of an update because of MaxNesting. Most
// updates have too few types for that; others are tried on a copy of the document. CanApply must be
// true.
func (d *Doc) CanNest(u yjs.CheckedUpdate) bool {
	depth, types := 0, 0 // the greatest depth that the update refers to; its types
	for r := u.Read(); r.NextSection(); {
		for s := (yjs.Struct{}); r.Structs.Read(&s); {
			if s.Ref() == yjs.RefType {
				types++
			}
			if s.IsItem() {
				depth = max(depth, d.depthBefore(&s))
			}
		}
	}
	if depth+types <= MaxNesting {
		return true
	}
	tried, err := Load(d.AppendState(nil))
	return err == nil && tried.Apply(u).Refused == nil
}

// depthBefore returns the greatest depth of the units of the document that a struct refers to.
func (d *Doc) depthBefore(s *yjs.Struct) (depth int) {
	add := func(has bool, id yjs.ID) {
		if has {
			depth = max(depth, d.nestingAt(new(client), id).depth())
		}
	}
	add(s.HasOrigin(), s.Origin)
	add(s.HasRightOrigin(), s.RightOrigin)
	add(s.HasParent() && s.ParentName == nil, s.Parent)
	return depth
}
