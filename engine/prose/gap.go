package prose

import (
	"maps"
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// gap is the part of a text between two kept characters, or before the first or after the last.
type gap struct {
	at, to     listPlace
	pieces     []gapItem
	start, end int     // of textEdit.wanted, the characters to be written there
	after      formats // to be in force behind it
}

// gapItem is an item in a gap, or the part of a string that is to be deleted.
type gapItem struct {
	item       int
	first, end uint64 // end is 0 unless it is of a string
}

// write fills the gaps between the characters that are kept, one after another.
func (t *textEdit) write() {
	inForce := t.list.inForce(t.from)
	at, wanted := listPlace{item: t.from}, 0
	for i := 0; ; {
		next := i
		for next < len(t.chars) && t.chars[next].becomes == deleted {
			next++
		}
		if next == len(t.chars) {
			g := gap{at: at, to: listPlace{item: t.to}, start: wanted, end: len(t.wanted)}
			g.after = t.states[len(t.states)-1]
			g.pieces = t.between(at, g.to, t.chars[i:next])
			t.fill(&g, inForce)
			return
		}
		c := t.chars[next]
		g := gap{at: at, to: listPlace{c.item, c.unit}, start: wanted, end: wanted}
		g.after = t.keptFormats(c)
		switch {
		case c.becomes != stays:
			g.end, wanted = c.becomes, c.becomes+1
		case next >= t.last:
			g.end, wanted = len(t.wanted), len(t.wanted)
		}
		g.pieces = t.between(at, g.to, t.chars[i:next])
		inForce = t.fill(&g, inForce)
		at, i = t.after(c), next+1
	}
}

// after returns the place behind a character.
func (t *textEdit) after(c char) listPlace {
	if end := c.unit + c.units; end < t.list.items[c.item].Len() {
		return listPlace{c.item, end}
	}
	return listPlace{item: c.item + 1}
}

// between returns the pieces of a gap, in which the characters gone are to be deleted.
func (t *textEdit) between(from, to listPlace, gone []char) (pieces []gapItem) {
	for i := from.item; i < len(t.list.items) && i <= to.item; i++ {
		if it := t.list.items[i]; it.Deleted() || it.Ref() != yjs.RefString {
			if i < to.item {
				pieces = append(pieces, gapItem{item: i})
			}
			continue
		}
		n := 0
		for n < len(gone) && gone[n].item == i {
			n++
		}
		if n > 0 {
			pieces = append(pieces, gapItem{i, gone[0].unit, gone[n-1].unit + gone[n-1].units})
			gone = gone[n:]
		}
	}
	return pieces
}

// fill edits a gap, and returns the formats in force behind it.
func (t *textEdit) fill(g *gap, inForce formats) formats {
	if g.start == g.end && t.matchesUntouched(g, inForce) {
		t.end = t.list.at(g.to)
		return g.after
	}
	inForce = t.keepFormats(g, inForce)
	p := t.list.at(g.at)
	if t.start != nil && g.at == (listPlace{item: t.from}) {
		p = *t.start
	}
	inForce = t.insert(&p, g, inForce)
	for _, piece := range g.pieces {
		inForce = t.remove(piece, g.after, inForce)
	}
	if len(g.pieces) > 0 {
		p = t.list.at(g.to)
	}
	inForce = t.change(&p, inForce, g.after)
	t.end = p
	return inForce
}

// matchesUntouched reports whether a gap has nothing to delete, and its formats lead to g.after.
func (t *textEdit) matchesUntouched(g *gap, inForce formats) bool {
	for _, piece := range g.pieces {
		if piece.end > 0 {
			return false
		}
		if it := t.list.items[piece.item]; !it.Deleted() && it.Ref() == yjs.RefFormat {
			inForce = inForce.with(it.Format())
		}
	}
	return maps.Equal(inForce, g.after)
}

// keepFormats keeps the items that give the formats of the first wanted text.
func (t *textEdit) keepFormats(g *gap, inForce formats) formats {
	if g.start == g.end {
		return inForce
	}
	want, passed := t.inserted(inForce, t.wantedMarks[t.runs[g.start]]), 0
	for n, piece := range g.pieces {
		it := t.list.items[piece.item]
		if !it.Deleted() && (it.Ref() != yjs.RefFormat || !changesTo(it, inForce, want)) {
			break
		}
		if !it.Deleted() {
			inForce, passed = inForce.with(it.Format()), n+1
		}
	}
	if passed > 0 {
		g.at = listPlace{item: g.pieces[passed-1].item + 1}
		g.pieces = g.pieces[passed:]
	}
	return inForce
}

// changesTo reports whether a format changes the formats in force towards the wanted ones.
func changesTo(format view.Item, inForce, want formats) bool {
	key, value := format.Format()
	after := inForce.with(key, value)
	return after[key] == want[key] && after[key] != inForce[key]
}

// inserted returns the formats for new content with the given marks: those in force, if they mean
// these marks.
func (t *textEdit) inserted(inForce formats, marks []markdown.Mark) formats {
	if t.how.code || sameMarks(t.marksOf(inForce), marks) {
		return inForce
	}
	return t.withMarks(nil, marks)
}

// insert writes the wanted characters of a gap at p, and returns the formats in force behind them.
func (t *textEdit) insert(p *markdown.Place, g *gap, inForce formats) formats {
	for i := g.start; i < g.end; {
		end := i + 1
		for end < g.end && t.runs[end] == t.runs[i] {
			end++
		}
		inForce = t.change(p, inForce, t.inserted(inForce, t.wantedMarks[t.runs[i]]))
		t.w.String(p, string(t.wanted[i:end]))
		i = end
	}
	return inForce
}

// change writes the formats that lead from one set to another, and returns the latter.
func (t *textEdit) change(p *markdown.Place, from, to formats) formats {
	all := maps.Clone(from)
	if all == nil {
		all = formats{}
	}
	maps.Copy(all, to)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		value, ok := to[key]
		switch {
		case !ok:
			t.w.Format(p, key, "null")
		case from[key] != value:
			t.w.Format(p, key, value)
		}
	}
	return to
}

// remove deletes a piece of a gap, unless it is a format that leads towards after, and returns the
// formats in force behind it.
func (t *textEdit) remove(p gapItem, after, inForce formats) formats {
	it := t.list.items[p.item]
	switch {
	case it.Deleted():
	case p.end > 0:
		id := it.First()
		gone := yjs.DeleteRange{Client: id.Client, Clock: id.Clock + p.first, End: id.Clock + p.end}
		t.deletes = append(t.deletes, gone)
	case it.Ref() == yjs.RefFormat && changesTo(it, inForce, after):
		return inForce.with(it.Format())
	case it.Ref() == yjs.RefFormat:
		t.delete(it)
	}
	return inForce
}
