package ydoc

import (
	"errors"
	"sort"

	"github.com/civicpress/civic-realtime/codec"
)

// MaxNesting is how deep types may nest. Clients delete and read them by
// recursion: some thousand levels, in an update of a few kilobytes, make that throw.
const MaxNesting = 200

// ErrNesting is a type nested deeper than MaxNesting.
var ErrNesting = errors.New("types nested too deeply")

// maxSiblings is how many origins are followed to a type beside another. With
// so many structs for each level, nesting too deep would take megabytes.
const maxSiblings = 256

// typeMark says how deep a type struct stands: its clock, shifted by depthBits, and its depth.
type typeMark uint64

const depthBits = 8

func (m typeMark) clock() uint64 { return uint64(m) >> depthBits }
func (m typeMark) depth() int    { return int(m & (1<<depthBits - 1)) }

// markType notes how deep s, a type that is about to be appended to c, stands.
// It returns false if that is too deep.
func (d *Doc) markType(c *client, s *codec.Struct) bool {
	depth := d.depthOf(c, s)
	if depth > MaxNesting {
		return false
	}
	m := c.extra()
	m.types = append(m.types, typeMark(s.Clock<<depthBits|uint64(depth)))
	return true
}

// depthOf is how deep the type that s would be stands: 1 in a root, one more
// than its parent in another type, as deep as its siblings. c is its client,
// which may not be in the document yet.
func (d *Doc) depthOf(c *client, s *codec.Struct) int {
	p := place{s: *s}
	for range maxSiblings {
		next := p.s.RightOrigin
		switch {
		case !p.s.IsItem():
			return 0 // beside what is gone it is gone too
		case p.s.HasParent() && p.s.ParentName != nil:
			return 1
		case p.s.HasParent():
			return 1 + d.writer(c, p.s.Parent.Client).depthAt(p.s.Parent.Clock)
		case p.s.HasOrigin():
			next = p.s.Origin
		}
		w := d.writer(c, next.Client)
		if depth := w.depthAt(next.Clock); depth > 0 {
			return depth
		}
		if w == nil || next.Clock >= w.clock {
			return 0
		}
		w.seek(next.Clock, &p)
	}
	return 0
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

// depthAt is the depth of the type with this clock, 0 if there is none.
func (c *client) depthAt(clock uint64) int {
	if c == nil || c.more == nil {
		return 0
	}
	types := c.more.types
	i := sort.Search(len(types), func(i int) bool { return types[i].clock() >= clock })
	if i == len(types) || types[i].clock() != clock {
		return 0
	}
	return types[i].depth()
}
