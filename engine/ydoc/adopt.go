package ydoc

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Load makes a document of an update that holds a whole one, with no novelty. Its error is a
// *lib0.SyntaxError, or what Apply refuses with. It checks on the way, so a large document is
// walked once.
func Load(update []byte) (*Doc, error) {
	d := new(Doc)
	r := yjs.ReadUnchecked(update)
	for r.NextSection() {
		if d.adopt(&r.Structs, true); r.Structs.Left > 0 {
			return loadSlowly(update)
		}
	}
	deletes := r.Deletes()
	for dr := (yjs.DeleteRange{}); deletes.Next(&dr); {
		if !d.adoptDelete(dr) {
			d.deleteRange(dr)
		}
	}
	if deletes.End(); deletes.Err() != nil {
		return nil, deletes.Err()
	}
	d.ClearChanges()
	return d, nil
}

// loadSlowly loads an update whose sections wait for each other, or need folding.
func loadSlowly(update []byte) (*Doc, error) {
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		return nil, err
	}
	d := new(Doc)
	if err := d.Apply(u).Refused; err != nil {
		return nil, err
	}
	d.ClearChanges()
	return d, nil
}

// adopt merges the structs of a client id that is new to the document with one
// copy for all of them, which is how documents are loaded. It stops, and leaves
// the rest to advance, at the first struct that must wait, be skipped or folded,
// or changed to show its key, which a document's own state does already.
func (d *Doc) adopt(run *yjs.Structs, own bool) {
	if run.Next.Clock != 0 || run.Left == 0 || d.clock(run.Next.Client) != 0 {
		return
	}
	c := client{id: run.Next.Client}
	raw, base := run.Raw(), run.Offset()
	for s := &d.current; run.Read(s) && run.Err() == nil; {
		is, ok := d.adoptable(&c, raw, s, own)
		if !ok {
			run.Unread(s)
			break
		}
		c.stand(s.Clock, is)
		c.mark()
		c.tail, c.body = uint32(s.Start-base), uint32(s.Body-base)
		c.buf = raw[base:s.End] // for now: nothing is appended before it is copied
		c.structs++
		c.markInside(s.Ref(), int(c.body), s.Clock)
		c.clock += s.Len
		if isTombstone(s) {
			d.ranges += c.extra().deletes.add(s.Clock, c.clock, nil)
		}
	}
	if c.structs > 0 {
		c.buf = slices.Clone(c.buf)
		d.settle(c)
	}
}

// adoptable says whether s can be appended to c as it is, and what its level is.
// The document's own state shows which structs are under map keys, and has no reversed structs
// but those of earlier releases, which mean what everybody has read there since.
func (d *Doc) adoptable(c *client, raw []byte, s *yjs.Struct, own bool) (is level, ok bool) {
	if _, ok := d.missing(s, c.clock); !ok || s.Ref() == yjs.RefSkip || c.continues(raw, s) {
		return is, false
	}
	shown := s.Info&yjs.InfoParentSub != 0
	if shown && s.Len > 1 && hasElements(s.Ref()) {
		return is, false
	}
	if !own {
		if _, reversed := d.reversed(c, raw, s); reversed {
			return is, false
		}
	}
	if is = d.levelOf(c, s); own && s.IsItem() {
		is = newLevel(is.depth(), shown)
	}
	if !own && shown != is.underKey() {
		return is, false
	}
	return is, s.Ref() != yjs.RefType || is.depth() <= MaxNesting
}

// settle takes in a client with all it has.
func (d *Doc) settle(c client) {
	pos := d.position(c.id)
	d.clients[pos] = c
	d.touched = append(d.touched, pos)
	d.bytes += len(c.buf)
	d.changed = true
	d.grow(pos, 0)
	if d.splits != nil && d.splits.active {
		d.splits.noteFrom(&d.clients[pos], 0)
	}
	d.arrived(c.id, c.clock)
}

// adoptDelete is deleteRange for what a delete set usually lists: clocks behind
// those of all spans, or what a span holds. It leaves no novelty, which is for
// documents that are being loaded.
func (d *Doc) adoptDelete(r yjs.DeleteRange) bool {
	if int(d.at) >= len(d.clients) || d.clients[d.at].id != r.Client {
		pos, ok := d.find(r.Client)
		if !ok {
			return false
		}
		d.at = pos
	}
	c := &d.clients[d.at]
	m := &c.extra().deletes
	if !m.endsBefore(r.Clock) {
		at := m.endingFrom(r.Clock)
		m.last = at
		return m.at(at).clock <= r.Clock && r.End <= m.at(at).end
	}
	if r.End > c.clock {
		return false
	}
	m.last = m.push(span{r.Clock, r.End})
	d.ranges++
	return true
}
