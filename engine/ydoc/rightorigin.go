package ydoc

import "github.com/civicpress/civic-realtime/codec/yjs"

// A struct is reversed if its right origin is its origin or comes before it, and both are in one
// struct of the document. Clients write such structs when they undo.
//
// A Y.Doc with both origins in one item integrates the reversed struct before the right origin; one
// with them in two items integrates it after the origin. So the result depends on where a Y.Doc has
// split its items. The document stores a reversed struct with other origins. With these every Y.Doc
// integrates it like a Y.Doc that got the updates in the order in which they came here.

// mayReverse reports whether s can be reversed, without looking at the document.
func mayReverse(s *yjs.Struct) bool {
	return s.HasOrigin() && s.HasRightOrigin() &&
		s.Origin.Client == s.RightOrigin.Client && s.RightOrigin.Clock <= s.Origin.Clock
}

// reversed reports whether s, a struct in raw that is next in c, is reversed, and returns the clock
// of the struct with both its origins.
func (d *Doc) reversed(c *client, raw []byte, s *yjs.Struct) (start uint64, ok bool) {
	if !mayReverse(s) || c.canMerge(raw, s) {
		return 0, false
	}
	w := d.writer(c, s.Origin.Client)
	if w == nil || s.Origin.Clock >= w.clock {
		return 0, false
	}
	var p location
	w.seek(s.Origin.Clock, &p)
	return p.s.Clock, p.s.IsItem() && p.s.Clock <= s.RightOrigin.Clock
}

// normalize gives s, a reversed struct, origins that mean the same to every Y.Doc, and returns the
// buffer that has s now. start is the result of reversed.
func (d *Doc) normalize(raw []byte, s *yjs.Struct, start uint64) []byte {
	info, origin := s.Info&^yjs.InfoRightOrigin, s.Origin
	right := s.RightOrigin
	split := right.Clock == start || d.isSplit(right, s.Origin.Clock)
	if !split {
		info, origin = s.Info, yjs.ID{Client: right.Client, Clock: right.Clock - 1}
	}
	out := yjs.AppendID(append(d.normalized[:0], info), origin)
	if !split {
		out = yjs.AppendID(out, right)
	}
	d.normalized = append(out, raw[s.Body:s.End]...)
	run := yjs.TrustedStructs(d.normalized, 0, s.ID, 1)
	run.Read(s)
	return d.normalized
}

// isSplit reports whether a Y.Doc that got the updates in order has the unit before from and the
// unit with the clock to, which are of one client and in one struct here, in different items.
func (d *Doc) isSplit(from yjs.ID, to uint64) bool {
	pos, _ := d.find(from.Client)
	if m := d.clients[pos].index; m != nil && m.changesIn(from.Clock, to) {
		return true
	}
	if d.itemSplits == nil {
		d.itemSplits = newSplits(len(d.clients))
	}
	d.itemSplits.update(d)
	return d.itemSplits.fresh.hasIn(from, to) || d.itemSplits.settled.hasIn(from, to)
}

// changesIn reports whether some of the units from from-1 to to are deleted and some are not.
func (m *clientIndex) changesIn(from, to uint64) bool {
	s := m.deletes.endingFrom(from)
	if !m.deletes.has(s) {
		return false
	}
	run := m.deletes.at(s)
	return run.end <= to || from <= run.clock && run.clock <= to
}
