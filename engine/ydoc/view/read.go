package view

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// read makes an item of every struct, and splits them where an origin, a right origin or a delete
// needs it.
func (v *View) read(u yjs.CheckedUpdate) error {
	r := u.Read()
	for r.NextSection() {
		if !v.readSection(&r.Structs) {
			return ErrIncomplete
		}
	}
	v.sortClients()
	if !v.resolveReferences() {
		return ErrIncomplete
	}
	deletes := r.Deletes()
	for d := (yjs.DeleteRange{}); deletes.Next(&d); {
		v.deletes = append(v.deletes, d)
	}
	v.splitAtRanges(v.deletes)
	v.splitAtOption()
	v.splitItems()
	v.types, v.entries = slices.Grow(v.types, v.typeCount), slices.Grow(v.entries, v.entryCount)
	return nil
}

// sortClients puts the clients in descending order, if the update does not have them so.
func (v *View) sortClients() {
	descending := func(a, b client) int { return cmp.Compare(b.id, a.id) }
	if slices.IsSortedFunc(v.clients, descending) {
		return
	}
	slices.SortFunc(v.clients, descending)
	for c, client := range v.clients {
		for i := client.first; i < client.end; i++ {
			v.items[i].client = int32(c)
		}
	}
}

// readSection adds an item for each struct of a section, with its references. An origin is resolved
// at once if it is the unit before the struct, as it mostly is.
func (v *View) readSection(run *yjs.Structs) bool {
	if run.Next.Clock != 0 {
		return false
	}
	c, first := int32(len(v.clients)), int32(len(v.items))
	id, structs := run.Next.Client, int(run.Left)
	v.items = slices.Grow(v.items, structs)
	v.refs = slices.Grow(v.refs, structs)
	for s := (yjs.Struct{}); run.Read(&s); {
		if s.Ref() == yjs.RefSkip {
			return false
		}
		v.addStruct(c, &s)
	}
	end := int32(len(v.items))
	v.clients = append(v.clients, client{id: id, first: first, next: first, end: end})
	return true
}

func (v *View) addStruct(c int32, s *yjs.Struct) {
	i := int32(len(v.items))
	v.items = append(v.items, item{
		clock: s.Clock, len: s.Len, client: c, info: s.Info, gc: s.Ref() == yjs.RefGC,
		left: none, right: none, origin: none, rightOrigin: none,
		parent: none, key: none, typ: none,
		start: int32(s.Start), body: int32(s.Body),
		from: int32(contentStart(v.raw, s)), to: int32(s.End),
	})
	v.addReference(i, s)
	if s.HasParent() && s.Info&yjs.InfoParentSub != 0 {
		v.items[i].key = v.intern(s.ParentSub)
	}
	switch {
	case s.Ref() == yjs.RefType:
		v.typeCount++
	case v.items[i].key != none:
		v.entryCount++
	}
}

// addReference sets the references of item i. If some are unresolved, they are added to refs.
func (v *View) addReference(i int32, s *yjs.Struct) {
	it, ref := &v.items[i], reference{item: i}
	switch {
	case s.HasOrigin() && s.Origin.Client == s.Client && s.Origin.Clock+1 == s.Clock:
		it.origin = i - 1
	case s.HasOrigin():
		it.origin, ref.leftOrParent, ref.hasLeftOrParent = unresolved, s.Origin, true
	case s.HasParent() && s.ParentName != nil:
		it.parent = v.root(s.ParentName)
	case s.HasParent():
		it.parent, ref.leftOrParent, ref.hasLeftOrParent = unresolved, s.Parent, true
	}
	if s.HasRightOrigin() {
		it.rightOrigin, ref.rightOrigin = unresolved, s.RightOrigin
	}
	if it.origin == unresolved || it.parent == unresolved || it.rightOrigin == unresolved {
		v.refs = append(v.refs, ref)
	}
}

// contentStart returns the offset of the elements of a struct, after their number if there is one.
func contentStart(raw []byte, s *yjs.Struct) int {
	if ref := s.Ref(); ref != yjs.RefString && ref != yjs.RefAny && ref != yjs.RefJSON {
		return s.Body
	}
	r := lib0.TrustedReader(raw[s.Body:s.End])
	r.Uvarint()
	return s.Body + r.Offset()
}

// resolveReferences resolves refs and records where items must be split. It returns false if a
// struct is missing.
func (v *View) resolveReferences() bool {
	v.splitPoints = slices.Grow(v.splitPoints, len(v.refs))
	for i := range v.refs {
		if !v.resolve(&v.refs[i]) {
			return false
		}
	}
	return true
}

func (v *View) resolve(ref *reference) bool {
	it := &v.items[ref.item]
	if it.origin == unresolved {
		if it.origin = v.find(ref.leftOrParent); it.origin == none {
			return false
		}
		v.splitAfter(it.origin, ref.leftOrParent.Clock)
	}
	if it.rightOrigin == unresolved {
		if it.rightOrigin = v.find(ref.rightOrigin); it.rightOrigin == none {
			return false
		}
		v.splitBefore(it.rightOrigin, ref.rightOrigin.Clock)
	}
	if it.parent == unresolved {
		parent := v.find(ref.leftOrParent)
		if parent == none {
			return false
		}
		it.parent = -2 - parent // until integrated: the item whose type it is
	}
	return true
}
