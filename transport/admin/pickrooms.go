package admin

import (
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/engine"
)

// roomPicker selects rooms, and keeps the first ones in an order. It compares each room with the
// last one that it keeps, so that a page of many rooms neither copies nor sorts all of them.
type roomPicker struct {
	prefix, kind string // "" stands for any
	search       string // in lower case; "" stands for any
	most         int    // rooms that are kept
	compare      func(a, b rank) int

	total int                // rooms that are selected
	kept  []*engine.RoomInfo // once there are most of them a heap, with the last room on top
}

// add adds a room, if it is selected.
func (p *roomPicker) add(r engine.RoomInfo) {
	name := r.Key.String()
	if !strings.HasPrefix(name, p.prefix) || p.kind != "" && kindOf(r.Key) != p.kind ||
		p.search != "" && !strings.Contains(strings.ToLower(name), p.search) {
		return
	}
	switch p.total++; {
	case len(p.kept) < p.most:
		kept := new(engine.RoomInfo)
		*kept = r // r itself stays on the stack
		p.kept = append(p.kept, kept)
		if len(p.kept) == p.most {
			for i := p.most/2 - 1; i >= 0; i-- {
				p.sink(i)
			}
		}
	case p.before(&r, p.kept[0]):
		*p.kept[0] = r
		p.sink(0)
	}
}

// sink moves a room of the heap down to its place.
func (p *roomPicker) sink(i int) {
	for {
		last := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(p.kept); child++ {
			if p.before(p.kept[last], p.kept[child]) {
				last = child
			}
		}
		if last == i {
			return
		}
		p.kept[i], p.kept[last] = p.kept[last], p.kept[i]
		i = last
	}
}

// before reports whether a comes before b.
func (p *roomPicker) before(a, b *engine.RoomInfo) bool { return p.order(a, b) < 0 }

// order compares two rooms. Those with the same value are in the order of their names.
func (p *roomPicker) order(a, b *engine.RoomInfo) int {
	if c := p.compare(rankOf(a), rankOf(b)); c != 0 {
		return c
	}
	return strings.Compare(a.Key.String(), b.Key.String())
}

// sorted returns the rooms that are kept, in order. The picker is not used any more.
func (p *roomPicker) sorted() []*engine.RoomInfo {
	slices.SortFunc(p.kept, p.order)
	return p.kept
}
