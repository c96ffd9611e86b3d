package view

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// read makes the items: every struct, cut wherever an origin, a right origin or
// a deletion needs an end.
func (v *View) read(u yjs.CheckedUpdate) error {
	r := u.Read()
	for r.NextSection() {
		if !v.readSection(&r.Structs) {
			return ErrIncomplete
		}
	}
	v.sortClients()
	if !v.refer() {
		return ErrIncomplete
	}
	deletes := r.Deletes()
	for d := (yjs.DeleteRange{}); deletes.Next(&d); {
		v.gone = append(v.gone, d)
	}
	v.cutAtDeletes()
	v.cut()
	v.types, v.entries = slices.Grow(v.types, v.typesAhead), slices.Grow(v.entries, v.entriesAhead)
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

// readSection adds an item for each struct of a section, and notes what they refer to. An item's
// origin is resolved where it is the unit before it, as it mostly is.
func (v *View) readSection(run *yjs.Structs) bool {
	if run.Next.Clock != 0 {
		return false
	}
	c, first := int32(len(v.clients)), int32(len(v.items))
	id, structs := run.Next.Client, int(run.Left)
	v.items = slices.Grow(v.items, structs)
	v.refs = slices.Grow(v.refs, structs*5/8) // others mostly go on from the one before
	for s := (yjs.Struct{}); run.Read(&s); {
		if s.Ref() == yjs.RefSkip {
			return false
		}
		v.addStruct(c, &s)
	}
	v.clients = append(v.clients, client{id: id, first: first, next: first, end: int32(len(v.items))})
	return true
}

func (v *View) addStruct(c int32, s *yjs.Struct) {
	i := int32(len(v.items))
	v.items = append(v.items, item{
		clock: s.Clock, len: s.Len, client: c, start: int32(s.Start), body: int32(s.Body), info: s.Info,
		left: none, right: none, origin: none, rightOrigin: none, parent: none, key: none, typ: none,
		from: int32(contentStart(v.raw, s)), to: int32(s.End), gone: s.Ref() == yjs.RefGC,
	})
	v.addReference(i, s)
	if s.HasParent() && s.Info&yjs.InfoParentSub != 0 {
		v.items[i].key = v.intern(s.ParentSub)
	}
	switch {
	case s.Ref() == yjs.RefType:
		v.typesAhead++
	case v.items[i].key != none:
		v.entriesAhead++
	}
}

// addReference sets what item i refers to, and notes what of it is to be found when all items are
// there.
func (v *View) addReference(i int32, s *yjs.Struct) {
	it, ref := &v.items[i], reference{item: i}
	switch {
	case s.HasOrigin() && s.Origin.Client == s.Client && s.Origin.Clock+1 == s.Clock:
		it.origin = i - 1
	case s.HasOrigin():
		it.origin, ref.near, ref.hasNear = unresolved, s.Origin, true
	case s.HasParent() && s.ParentName != nil:
		it.parent = v.root(s.ParentName)
	case s.HasParent():
		it.parent, ref.near, ref.hasNear = unresolved, s.Parent, true
	}
	if s.HasRightOrigin() {
		it.rightOrigin, ref.rightOrigin = unresolved, s.RightOrigin
	}
	if it.origin == unresolved || it.parent == unresolved || it.rightOrigin == unresolved {
		v.refs = append(roomier(v.refs), ref)
	}
}

// roomier is s with room for another element, or for twice as many.
func roomier[T any](s []T) []T {
	if len(s) == cap(s) {
		return slices.Grow(s, max(256, len(s)))
	}
	return s
}

// contentStart is where the elements of a struct start, behind their number if it is written.
func contentStart(raw []byte, s *yjs.Struct) int {
	if ref := s.Ref(); ref != yjs.RefString && ref != yjs.RefAny && ref != yjs.RefJSON {
		return s.Body
	}
	r := lib0.TrustedReader(raw[s.Body:s.End])
	r.Uvarint()
	return s.Body + r.Offset()
}

// refer finds the structs that structs refer to, and where those have to be cut. It is false if one
// is not there.
func (v *View) refer() bool {
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
		if it.origin = v.find(ref.near); it.origin == none {
			return false
		}
		v.cutBehind(it.origin, ref.near.Clock)
	}
	if it.rightOrigin == unresolved {
		if it.rightOrigin = v.find(ref.rightOrigin); it.rightOrigin == none {
			return false
		}
		v.cutBefore(it.rightOrigin, ref.rightOrigin.Clock)
	}
	if it.parent == unresolved {
		holder := v.find(ref.near)
		if holder == none {
			return false
		}
		it.parent = -2 - holder // until integrated: the item whose type it is
	}
	return true
}
