package ydoc

import "github.com/civicpress/civic-realtime/codec/yjs"

// A struct is reversed if its right origin is its origin or stands before it, and both are in one
// struct of the document. Clients write such structs when they undo.
//
// A Y.Doc that holds both origins in one item places the reversed struct in front of the right
// origin; one that holds them in two items places it behind the origin. So its place depends on
// where a Y.Doc happens to have cut its items. The document keeps a reversed struct with origins
// that give every Y.Doc the place that it has in one that got the updates as they came.

// mayReverse is the part of the test for reversed structs that needs no document.
func mayReverse(s *yjs.Struct) bool {
	return s.HasOrigin() && s.HasRightOrigin() &&
		s.Origin.Client == s.RightOrigin.Client && s.RightOrigin.Clock <= s.Origin.Clock
}

// reversed says whether s, a struct of raw that comes next in c, is reversed, and returns the clock
// at which the struct with both its origins starts.
func (d *Doc) reversed(c *client, raw []byte, s *yjs.Struct) (start uint64, ok bool) {
	if !mayReverse(s) || c.continues(raw, s) {
		return 0, false
	}
	w := d.writer(c, s.Origin.Client)
	if w == nil || s.Origin.Clock >= w.clock {
		return 0, false
	}
	var p place
	w.seek(s.Origin.Clock, &p)
	return p.s.Clock, p.s.IsItem() && p.s.Clock <= s.RightOrigin.Clock
}

// straighten gives s, a reversed struct, origins that mean the same in every Y.Doc. It returns the
// buffer that holds s now. start is what reversed returned.
func (d *Doc) straighten(raw []byte, s *yjs.Struct, start uint64) []byte {
	info, origin := s.Info&^yjs.InfoRightOrigin, s.Origin
	right := s.RightOrigin
	split := right.Clock == start || d.isSplit(right, s.Origin.Clock)
	if !split {
		info, origin = s.Info, yjs.ID{Client: right.Client, Clock: right.Clock - 1}
	}
	out := yjs.AppendID(append(d.straight[:0], info), origin)
	if !split {
		out = yjs.AppendID(out, right)
	}
	d.straight = append(out, raw[s.Body:s.End]...)
	run := yjs.TrustedStructs(d.straight, 0, s.ID, 1)
	run.Read(s)
	return d.straight
}

// isSplit says whether a Y.Doc that got the updates as they came holds the unit before from and the
// unit with the clock to, of the same client and in one struct here, in different items.
func (d *Doc) isSplit(from yjs.ID, to uint64) bool {
	pos, _ := d.find(from.Client)
	if m := d.clients[pos].more; m != nil && m.changesIn(from.Clock, to) {
		return true
	}
	if d.splits == nil {
		d.splits = newSplits(len(d.clients))
	}
	d.splits.update(d)
	return d.splits.fresh.hasIn(from, to) || d.splits.settled.hasIn(from, to)
}

// changesIn says whether the units from from-1 to to are partly deleted and partly not.
func (m *more) changesIn(from, to uint64) bool {
	s := m.deletes.endingFrom(from)
	if !m.deletes.has(s) {
		return false
	}
	run := m.deletes.at(s)
	return run.end <= to || from <= run.clock && run.clock <= to
}
