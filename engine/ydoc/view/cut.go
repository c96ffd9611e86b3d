package view

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// unresolved stands for an item that is known by its id only.
const unresolved = math.MinInt32

// cutBefore notes that item i has to begin at a clock, or another that is cut off it.
func (v *View) cutBefore(i int32, clock uint64) {
	if clock != v.items[i].clock {
		v.points = append(v.points, cutPoint{i, clock})
	}
}

// cutBehind notes that item i has to end with the unit of a clock.
func (v *View) cutBehind(i int32, clock uint64) {
	if it := &v.items[i]; clock+1 != it.clock+it.len {
		v.points = append(v.points, cutPoint{i, clock + 1})
	}
}

// cutAtDeletes notes where deleted ranges begin and end.
func (v *View) cutAtDeletes() {
	for _, d := range v.gone {
		if i := v.find(yjs.ID{Client: d.Client, Clock: d.Clock}); i != none {
			v.cutBefore(i, d.Clock)
		}
		if i := v.find(yjs.ID{Client: d.Client, Clock: d.End}); i != none {
			v.cutBefore(i, d.End)
		}
	}
}

// cut cuts the items at the points that were noted. Until then items refer to structs; then to the
// pieces that they mean.
func (v *View) cut() {
	if len(v.points) == 0 {
		return
	}
	slices.SortFunc(v.points, func(a, b cutPoint) int {
		return cmp.Or(cmp.Compare(a.item, b.item), cmp.Compare(a.clock, b.clock))
	})
	v.points = slices.Compact(v.points)
	steps.Take(len(v.items) + len(v.points))
	whole := v.items
	v.items = slices.Grow(v.spare[:0], len(whole)+len(v.points))
	v.firsts = v.firsts[:0]
	points := v.points
	for i := range whole {
		v.firsts = append(v.firsts, int32(len(v.items)))
		n := 0
		for n < len(points) && points[n].item == int32(i) {
			n++
		}
		v.addPieces(&whole[i], points[:n])
		points = points[n:]
	}
	v.spare = whole
	v.firsts = append(v.firsts, int32(len(v.items)))
	for c := range v.clients {
		v.clients[c].first, v.clients[c].end = v.firsts[v.clients[c].first], v.firsts[v.clients[c].end]
		v.clients[c].next = v.clients[c].first
	}
	v.referToPieces()
}

// addPieces adds an item, cut at some points.
func (v *View) addPieces(it *item, points []cutPoint) {
	if len(points) == 0 {
		v.items = append(v.items, *it)
		return
	}
	piece, end := *it, it.clock+it.len
	content := pieces{raw: v.raw, ref: it.ref(), at: int(it.from), end: int(it.to)}
	for _, p := range points {
		piece.len = p.clock - piece.clock
		content.next(&piece, false)
		v.items = append(v.items, piece)
		piece.clock, piece.piece = p.clock, true
	}
	piece.len = end - piece.clock
	content.next(&piece, true)
	v.items = append(v.items, piece)
}

// referToPieces replaces structs by pieces in what items refer to. The origin of a piece is the
// piece before it.
func (v *View) referToPieces() {
	refs := v.refs
	for n := range len(v.firsts) - 1 {
		var ref reference
		if len(refs) > 0 && refs[0].item == int32(n) {
			ref, refs = refs[0], refs[1:]
		}
		for i := v.firsts[n]; i < v.firsts[n+1]; i++ {
			v.referPiece(i, &ref, i > v.firsts[n])
		}
	}
}

// referPiece does so for one piece, the first of its struct or another.
func (v *View) referPiece(i int32, ref *reference, other bool) {
	it := &v.items[i]
	switch {
	case other && it.gone:
	case other:
		it.origin, it.parent, it.key = i-1, none, none
	case it.origin != none && !ref.hasNear:
		it.origin = i - 1
	case it.origin != none:
		it.origin = v.pieceWith(it.origin, ref.near.Clock)
	}
	if it.rightOrigin != none {
		it.rightOrigin = v.pieceWith(it.rightOrigin, ref.rightOrigin.Clock)
	}
	if holder := parentItem(it); holder != none {
		it.parent = -2 - v.pieceWith(holder, ref.near.Clock)
	}
}

// pieceWith is the piece of a struct that has a unit.
func (v *View) pieceWith(whole int32, clock uint64) int32 {
	first, end := v.firsts[whole], v.firsts[whole+1]
	if end-first == 1 {
		return first
	}
	run := v.items[first:end]
	n := sort.Search(len(run), func(i int) bool { return run[i].clock+run[i].len > clock })
	return first + int32(n)
}

// pieces hands out the content of a struct from front to back.
type pieces struct {
	raw  []byte
	ref  byte
	at   int
	end  int
	half bool // the next piece starts with half a surrogate pair
}

// next gives it the content of its len units.
func (p *pieces) next(it *item, last bool) {
	it.from, it.halfFirst, it.halfLast = int32(p.at), p.half, false
	switch {
	case last:
		p.at = p.end
	case p.ref == yjs.RefString:
		p.skipText(it)
	case p.ref == yjs.RefAny || p.ref == yjs.RefJSON:
		r := lib0.TrustedReader(p.raw[p.at:p.end])
		yjs.SkipElements(&r, p.ref, it.len)
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
