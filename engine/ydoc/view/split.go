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

// unresolved is the number of an item of which only the id is known.
const unresolved = math.MinInt32

// splitBefore makes splitItems split item i before a clock.
func (v *View) splitBefore(i int32, clock uint64) {
	if clock != v.items[i].clock {
		v.addSplitPoint(splitPoint{item: i, clock: clock})
	}
}

// splitAfter makes splitItems split item i after a clock.
func (v *View) splitAfter(i int32, clock uint64) {
	if it := &v.items[i]; clock+1 != it.clock+it.len {
		v.addSplitPoint(splitPoint{item: i, clock: clock + 1})
	}
}

// addSplitPoint adds a split point, unless it is the last one. An origin and a right origin are
// mostly neighbours.
func (v *View) addSplitPoint(p splitPoint) {
	if n := len(v.splitPoints); n == 0 || v.splitPoints[n-1] != p {
		v.splitPoints = append(v.splitPoints, p)
	}
}

// optionLast orders split points of SplitAt after others at the same place.
func optionLast(a, b splitPoint) int {
	switch {
	case a.option == b.option:
		return 0
	case b.option:
		return -1
	}
	return 1
}

// splitAtOption makes splitItems split items as SplitAt asks for.
func (v *View) splitAtOption() {
	first := len(v.splitPoints)
	v.splitAtRanges(v.splitAt)
	for i := first; i < len(v.splitPoints); i++ {
		v.splitPoints[i].option = true
	}
}

// splitAtRanges makes splitItems split items at the ends of ranges.
func (v *View) splitAtRanges(ranges []yjs.DeleteRange) {
	for _, d := range ranges {
		if i := v.find(yjs.ID{Client: d.Client, Clock: d.Clock}); i != none {
			v.splitBefore(i, d.Clock)
		}
		if i := v.find(yjs.ID{Client: d.Client, Clock: d.End}); i != none {
			v.splitBefore(i, d.End)
		}
	}
}

// sortSplitPoints sorts the split points, and drops those that are there twice. There are few in
// most items, so they are counted by item, and only sorted within each.
func (v *View) sortSplitPoints() {
	ends := append(v.firstPieces[:0], make([]int32, len(v.items)+1)...)
	for _, p := range v.splitPoints {
		ends[p.item+1]++
	}
	for i := range v.items {
		ends[i+1] += ends[i]
	}
	n := len(v.splitPoints)
	sorted := slices.Grow(v.spareSplits[:0], n)[:n]
	for _, p := range v.splitPoints { // ends[i] is the start of item i, and then its end
		sorted[ends[p.item]] = p
		ends[p.item]++
	}
	from := int32(0)
	for _, end := range ends[:len(v.items)] {
		if end > from+1 {
			sortInItem(sorted[from:end])
		}
		from = end
	}
	v.firstPieces, v.spareSplits = ends, v.splitPoints
	v.splitPoints = slices.CompactFunc(sorted, func(a, b splitPoint) bool {
		return a.item == b.item && a.clock == b.clock
	})
}

// sortInItem sorts the split points of one item.
func sortInItem(points []splitPoint) {
	slices.SortFunc(points, func(a, b splitPoint) int {
		if a.clock != b.clock {
			return cmp.Compare(a.clock, b.clock)
		}
		return optionLast(a, b)
	})
}

// splitItems splits items at the split points. Before, items refer to whole structs; afterwards
// each refers to the item of the struct that has the unit.
func (v *View) splitItems() {
	if len(v.splitPoints) == 0 {
		return
	}
	v.sortSplitPoints()
	steps.Take(len(v.items) + len(v.splitPoints))
	whole := v.items
	v.items = slices.Grow(v.spare[:0], len(whole)+len(v.splitPoints))
	v.firstPieces = v.firstPieces[:0]
	points := v.splitPoints
	for i := range whole {
		v.firstPieces = append(v.firstPieces, int32(len(v.items)))
		n := 0
		for n < len(points) && points[n].item == int32(i) {
			n++
		}
		v.addSplit(&whole[i], points[:n])
		points = points[n:]
	}
	v.spare = whole
	v.firstPieces = append(v.firstPieces, int32(len(v.items)))
	for c := range v.clients {
		client := &v.clients[c]
		client.first, client.end = v.firstPieces[client.first], v.firstPieces[client.end]
		client.next = client.first
	}
	v.referToSplit()
}

// addSplit adds an item, split at some points.
func (v *View) addSplit(it *item, points []splitPoint) {
	if len(points) == 0 {
		v.items = append(v.items, *it)
		return
	}
	part, end := *it, it.clock+it.len
	content := contentSplitter{raw: v.raw, ref: it.ref(), at: int(it.from), end: int(it.to)}
	for _, p := range points {
		piece, behind := part, content
		piece.len = p.clock - part.clock
		behind.next(&piece, false)
		if p.option && piece.halfLast {
			continue
		}
		v.items = append(v.items, piece)
		content = behind
		part.clock, part.continues = p.clock, true
	}
	part.len = end - part.clock
	content.next(&part, true)
	v.items = append(v.items, part)
}

// referToSplit makes items refer to items of split structs. The origin of an item that continues a
// struct is the item before it.
func (v *View) referToSplit() {
	refs := v.refs
	for n := range len(v.firstPieces) - 1 {
		var ref reference
		if len(refs) > 0 && refs[0].item == int32(n) {
			ref, refs = refs[0], refs[1:]
		}
		for i := v.firstPieces[n]; i < v.firstPieces[n+1]; i++ {
			v.referSplit(i, &ref, i > v.firstPieces[n])
		}
	}
}

// referSplit is referToSplit for item i. continues is set if that continues a struct.
func (v *View) referSplit(i int32, ref *reference, continues bool) {
	it := &v.items[i]
	switch {
	case continues && it.gc:
	case continues:
		it.origin, it.parent, it.key = i-1, none, none
	case it.origin != none && !ref.hasLeftOrParent:
		it.origin = i - 1
	case it.origin != none:
		it.origin = v.itemWith(it.origin, ref.leftOrParent.Clock)
	}
	if it.rightOrigin != none {
		it.rightOrigin = v.itemWith(it.rightOrigin, ref.rightOrigin.Clock)
	}
	if parent := parentItem(it); parent != none {
		it.parent = -2 - v.itemWith(parent, ref.leftOrParent.Clock)
	}
}

// itemWith returns the item of a struct that has a unit.
func (v *View) itemWith(whole int32, clock uint64) int32 {
	first, end := v.firstPieces[whole], v.firstPieces[whole+1]
	if end-first == 1 {
		return first
	}
	run := v.items[first:end]
	n := sort.Search(len(run), func(i int) bool { return run[i].clock+run[i].len > clock })
	return first + int32(n)
}

// contentSplitter distributes the content of a struct to its items in order.
type contentSplitter struct {
	raw  []byte
	ref  byte
	at   int
	end  int
	half bool // the next item starts with half a surrogate pair
}

// next gives it its content: the next it.len units.
func (p *contentSplitter) next(it *item, last bool) {
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

func (p *contentSplitter) skipText(it *item) {
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
