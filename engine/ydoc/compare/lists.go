package compare

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
)

// lists compares the lists of two blocks. a and b are read from i and j on; the first segment of
// each has been read up to an offset.
type lists struct {
	c        *comparer
	old, new *place
	a, b     []segment
	offA     uint64
	offB     uint64
	posA     uint64 // units of a that were read
	posB     uint64

	// The formats that were compared last, and what is different.
	marksA, marksB *marks
	changed        []change
	open           map[string]int // by key: the last Format, which ends at posB
}

// change is a format that is different.
type change struct {
	key, json string // empty json: it is gone
	by        authors.Author
}

// align compares by ids, if the documents share a history, else by content.
func (w *lists) align() {
	start, begun := *w, len(w.c.all)
	if w.c.shared && w.byIDs() {
		return
	}
	*w = start
	w.c.all = w.c.all[:begun]
	w.byContent()
}

func (w *lists) idA() yjs.ID { return behind(&w.a[0], w.offA) }

func (w *lists) idB() yjs.ID { return behind(&w.b[0], w.offB) }

// behind returns the id of the unit of a segment at an offset.
func behind(s *segment, offset uint64) yjs.ID {
	return yjs.ID{Client: s.id.Client, Clock: s.id.Clock + offset}
}

func (w *lists) leftA() uint64 { return w.a[0].len - w.offA }

func (w *lists) leftB() uint64 { return w.b[0].len - w.offB }

func (w *lists) readA(n uint64) {
	w.posA += n
	if w.offA += n; w.offA == w.a[0].len {
		w.a, w.offA = w.a[1:], 0
	}
}

func (w *lists) readB(n uint64) {
	w.posB += n
	if w.offB += n; w.offB == w.b[0].len {
		w.b, w.offB = w.b[1:], 0
	}
}

// delete reads n units of the first segment of a, which b does not have.
func (w *lists) delete(n uint64) {
	for n > 0 {
		s := &w.a[0]
		by, m := w.c.deleter(w.idA(), n)
		f := found{at: w.old, Difference: Difference{
			Type: Delete, From: w.posA, To: w.posA + m, By: by,
		}}
		switch {
		case s.isText():
			f.units = slices.Clone(s.text[w.offA : w.offA+m])
		case s.isBlock():
			f.Type, f.Text = BlockDelete, textOf(s.item.Type())
			f.Block, f.Name = kindOf(s.item.Type())
		default:
			f.values, f.Values = true, s.values(w.offA, m)
		}
		w.c.add(f)
		w.readA(m)
		n -= m
	}
}

// insert reads n units of the first segment of b, which a does not have.
func (w *lists) insert(n uint64) {
	for n > 0 {
		s := &w.b[0]
		by, m := writer(w.c.table, w.idB(), n)
		f := found{at: w.new, marks: s.marks, Difference: Difference{
			Type: Insert, From: w.posB, To: w.posB + m, By: by,
			Attributes: s.marks.attributes(w.c.spend),
		}}
		if s.isBlock() {
			f.Type = BlockInsert
			f.Block, f.Name = kindOf(s.item.Type())
			w.c.add(f)
			w.c.blocks(side{}, side{s.item.Type(), w.new.at(w.posB)})
		} else {
			if s.isText() {
				f.units = slices.Clone(s.text[w.offB : w.offB+m])
			} else {
				f.values, f.Values = true, s.values(w.offB, m)
			}
			w.c.add(f)
		}
		w.readB(m)
		n -= m
	}
}

// keep reads n units of the first segments of both, which are the same but for their formats and
// what is in blocks.
func (w *lists) keep(n uint64) {
	s, o := &w.a[0], &w.b[0]
	w.formats(s.marks, o.marks, n)
	if o.isBlock() {
		old, new := side{s.item.Type(), w.old.at(w.posA)}, side{o.item.Type(), w.new.at(w.posB)}
		w.c.blocks(old, new)
	}
	w.readA(n)
	w.readB(n)
}

// formats adds the formats that are different at n units.
func (w *lists) formats(a, b *marks, n uint64) {
	if a == b {
		return // both have none
	}
	if a != w.marksA || b != w.marksB {
		w.marksA, w.marksB, w.changed = a, b, w.changes(a, b)
	}
	if len(w.changed) > 0 && w.open == nil {
		w.open = make(map[string]int)
	}
	for _, ch := range w.changed {
		w.c.spend(markSteps)
		if i, ok := w.open[ch.key]; ok && w.c.all[i].To == w.posB && w.c.all[i].By == ch.by &&
			w.c.all[i].json == ch.json {
			w.c.all[i].To += n
			continue
		}
		f := found{at: w.new, json: ch.json, Difference: Difference{
			Type: Format, From: w.posB, To: w.posB + n, By: ch.by,
			Attributes: map[string]any{ch.key: parsed(ch.json)},
		}}
		w.c.spend(len(ch.json))
		w.open[ch.key] = len(w.c.all)
		w.c.append(f)
	}
}

// changes returns the formats that are different, ordered by their keys.
func (w *lists) changes(a, b *marks) (all []change) {
	was, is := a.list(), b.list()
	for len(was) > 0 || len(is) > 0 {
		var old, new mark
		order := 0
		switch {
		case len(was) == 0:
			order = 1
		case len(is) == 0:
			order = -1
		default:
			order = cmp.Compare(was[0].key, is[0].key)
		}
		if order <= 0 {
			old, was = was[0], was[1:]
		}
		if order >= 0 {
			new, is = is[0], is[1:]
		}
		w.c.spend(markSteps + len(new.json)/64)
		if new.value() != old.value() {
			all = append(all, change{
				cmp.Or(new.key, old.key), new.value(), w.formatter(order, old, new),
			})
		}
	}
	return all
}

// formatter returns the user who made a format different: who set or ended it or, if its mark was
// there before, who deleted the other one. order is negative if only the older document has a mark
// of the key, and positive if only the newer one has.
func (w *lists) formatter(order int, old, new mark) (by authors.Author) {
	if order >= 0 && (!w.c.shared || !w.c.shows(new.item.First())) {
		by, _ = writer(w.c.table, new.item.First(), 1)
	} else if order <= 0 {
		by, _ = w.c.deleter(old.item.First(), 1)
	}
	return by
}

// shows reports whether the older document shows a unit.
func (c *comparer) shows(id yjs.ID) bool {
	it, ok := c.old.Find(id)
	return ok && !it.Deleted()
}
