package ydoc

import "github.com/civicpress/civic-realtime/codec/yjs"

// nestingOf returns the nesting of s, which is about to be appended to c: that of its origin or
// else its right origin, or one deeper than its parent. The info byte of a struct with origins need
// not show a map key (Y.mergeUpdates drops that bit, and Yjs ignores it), but in the
// document it always does. c need not be in the document yet.
func (d *Doc) nestingOf(c *client, s *yjs.Struct) nesting {
	switch {
	case !s.IsItem():
		return noNesting
	case s.HasOrigin():
		return d.nestingAt(c, s.Origin)
	case s.HasRightOrigin():
		return d.nestingAt(c, s.RightOrigin)
	}
	underKey := s.Info&yjs.InfoParentSub != 0
	if s.ParentName != nil {
		return newNesting(1, underKey)
	}
	around := d.nestingAt(c, s.Parent).depth()
	if around == 0 {
		return newNesting(0, underKey)
	}
	return newNesting(around+1, underKey)
}

// nestingAt returns the nesting of the unit with an id, of c or another client.
func (d *Doc) nestingAt(c *client, id yjs.ID) nesting {
	if w := d.writer(c, id.Client); w != nil {
		return w.nestingAt(id.Clock)
	}
	return noNesting
}
