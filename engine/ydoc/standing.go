package ydoc

import (
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// levelAt is the level of the unit with this clock, which the client has.
func (c *client) levelAt(clock uint64) level {
	switch {
	case clock >= c.clock:
		return gone
	case clock == c.clock-1:
		return c.level
	case c.more == nil:
		return c.first
	}
	return c.more.levels.at(clock, c.first)
}

// stand notes the level of a struct with the given clock that is about to be appended.
func (c *client) stand(clock uint64, is level) {
	switch {
	case c.structs == 0:
		c.first = is
	case c.level != is:
		c.extra().levels.add(clock, is)
	}
	c.level = is
}

// levelOf is where s, which is about to be appended to c, stands: where its left
// or else its right neighbour does, or in its parent. The info byte of a struct
// with a neighbour need not show a map key (Y.mergeUpdates drops that bit, and Yjs
// does not look at it), but in the document it always does. c may not be in the
// document yet.
func (d *Doc) levelOf(c *client, s *yjs.Struct) level {
	switch {
	case !s.IsItem():
		return gone
	case s.HasOrigin():
		return d.levelAt(c, s.Origin)
	case s.HasRightOrigin():
		return d.levelAt(c, s.RightOrigin)
	}
	underKey := s.Info&yjs.InfoParentSub != 0
	if s.ParentName != nil {
		return newLevel(1, underKey)
	}
	around := d.levelAt(c, s.Parent).depth()
	if around == 0 {
		return newLevel(0, underKey)
	}
	return newLevel(around+1, underKey)
}

// levelAt is the level of the unit with an id, of c or of another client.
func (d *Doc) levelAt(c *client, id yjs.ID) level {
	if w := d.writer(c, id.Client); w != nil {
		return w.levelAt(id.Clock)
	}
	return gone
}

// writer is the client with this id: c, or one of the document, or nil.
func (d *Doc) writer(c *client, id uint64) *client {
	if c.id == id {
		return c
	}
	if pos, ok := d.find(id); ok {
		return &d.clients[pos]
	}
	return nil
}
