package view

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec"
)

// read makes the items: every struct, cut wherever an origin, a right origin or
// a deletion will need an end.
func (v *View) read(u codec.CheckedUpdate) error {
	for s := range u.Sections() {
		if s.Clock != 0 {
			return ErrIncomplete
		}
		v.clients = append(v.clients, client{id: s.Client})
	}
	slices.SortFunc(v.clients, func(a, b client) int { return cmp.Compare(b.id, a.id) })
	cuts, n := v.cuts(u)
	v.items = make([]item, 0, n)
	for r := u.Read(); r.NextSection(); {
		c := v.client(r.Structs.Next.Client)
		v.clients[c].first = int32(len(v.items))
		v.clients[c].next = v.clients[c].first
		for s := (codec.Struct{}); r.Structs.Read(&s); {
			if s.Ref() == codec.RefSkip {
				return ErrIncomplete
			}
			cuts[c] = v.addStruct(c, &s, cuts[c])
		}
		v.clients[c].end = int32(len(v.items))
	}
	return v.refer(u)
}

// cuts lists, per client, the clocks at which structs must be cut, in order,
// and says how many items there will be at most.
func (v *View) cuts(u codec.CheckedUpdate) (cuts [][]uint64, items int) {
	cuts = make([][]uint64, len(v.clients))
	cut := func(client, clock uint64) {
		if c := v.client(client); c != none {
			cuts[c] = append(cuts[c], clock)
		}
	}
	r := u.Read()
	for r.NextSection() {
		for s := (codec.Struct{}); r.Structs.Read(&s); items++ {
			if s.HasOrigin() {
				cut(s.Origin.Client, s.Origin.Clock+1)
			}
			if s.HasRightOrigin() {
				cut(s.RightOrigin.Client, s.RightOrigin.Clock)
			}
		}
	}
	deletes := r.Deletes()
	for d := (codec.DeleteRange{}); deletes.Next(&d); {
		cut(d.Client, d.Clock)
		cut(d.Client, d.End)
	}
	for c := range cuts {
		slices.Sort(cuts[c])
		cuts[c] = slices.Compact(cuts[c])
		items += len(cuts[c])
	}
	return cuts, items
}

// addStruct adds the pieces of s, and returns the cuts that lie behind it.
func (v *View) addStruct(c int32, s *codec.Struct, cuts []uint64) []uint64 {
	it := item{
		clock: s.Clock, client: c, start: int32(s.Start), body: int32(s.Body), info: s.Info,
		left: none, right: none, origin: none, rightOrigin: none, parent: none, key: none, typ: none,
		gone: s.Ref() == codec.RefGC,
	}
	pieces := newPieces(v.raw, s)
	end := s.Clock + s.Len
	for {
		for len(cuts) > 0 && cuts[0] <= it.clock {
			cuts = cuts[1:]
		}
		to := end
		if len(cuts) > 0 {
			to = min(to, cuts[0])
		}
		it.len = to - it.clock
		pieces.next(&it, to == end)
		v.items = append(v.items, it)
		if to == end {
			return cuts
		}
		it.clock, it.piece = to, true
	}
}

// pieces hands out the content of a struct from front to back.
type pieces struct {
	raw  []byte
	ref  byte
	at   int
	end  int
	half bool // the next piece starts with half a surrogate pair
}

func newPieces(raw []byte, s *codec.Struct) pieces {
	at := s.Body
	if ref := s.Ref(); ref == codec.RefString || ref == codec.RefAny || ref == codec.RefJSON {
		r := codec.TrustedReader(raw[s.Body:s.End])
		r.Uvarint()
		at += r.Offset()
	}
	return pieces{raw: raw, ref: s.Ref(), at: at, end: s.End}
}

// next gives it the content of its len units.
func (p *pieces) next(it *item, last bool) {
	it.from, it.halfFirst, it.halfLast = int32(p.at), p.half, false
	switch {
	case last:
		p.at = p.end
	case p.ref == codec.RefString:
		p.skipText(it)
	case p.ref == codec.RefAny || p.ref == codec.RefJSON:
		r := codec.TrustedReader(p.raw[p.at:p.end])
		r.Elements(p.ref, it.len)
		p.at += r.Offset()
	}
	it.to = int32(p.at)
	if it.halfLast {
		it.to -= 4
	}
}

func (p *pieces) skipText(it *item) {
	units := it.len
	if p.half {
		units, p.half = units-1, false
	}
	for units > 0 {
		r, n := utf8.DecodeRune(p.raw[p.at:p.end])
		p.at += n
		switch {
		case r < 0x10000:
			units--
		case units == 1:
			units, p.half, it.halfLast = 0, true, true
		default:
			units -= 2
		}
	}
}

// refer resolves the ids that items refer to.
func (v *View) refer(u codec.CheckedUpdate) error {
	i := int32(0)
	for r := u.Read(); r.NextSection(); {
		i = v.clients[v.client(r.Structs.Next.Client)].first
		for s := (codec.Struct{}); r.Structs.Read(&s); {
			for first := true; i < int32(len(v.items)) && v.items[i].start == int32(s.Start); i++ {
				if err := v.referItem(i, &s, first); err != nil {
					return err
				}
				first = false
			}
		}
	}
	return nil
}

func (v *View) referItem(i int32, s *codec.Struct, first bool) error {
	it := &v.items[i]
	ok := true
	resolve := func(id codec.ID) int32 {
		found := v.find(id)
		ok = ok && found != none
		return found
	}
	if s.HasRightOrigin() {
		it.rightOrigin = resolve(s.RightOrigin)
	}
	switch {
	case !first && s.IsItem():
		it.origin = i - 1
	case s.HasOrigin():
		it.origin = resolve(s.Origin)
	case s.HasParent() && s.ParentName != nil:
		it.parent = v.root(s.ParentName)
	case s.HasParent():
		it.parent = -2 - resolve(s.Parent) // until integrated: the item whose type it is
	}
	if s.HasParent() && first && s.Info&codec.InfoParentSub != 0 {
		it.key = v.intern(s.ParentSub)
	}
	if !ok {
		return ErrIncomplete
	}
	return nil
}
