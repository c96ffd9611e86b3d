package ydoc

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Load returns the document that update encodes, with no changes to report. It copies update. Its
// error is a *lib0.SyntaxError or ErrNesting. It checks while it reads, so a large document is read
// once.
func Load(update []byte) (*Doc, error) {
	d := new(Doc)
	r := yjs.ReadUnchecked(update)
	for r.NextSection() {
		if d.loadClient(&r.Structs, true); r.Structs.Left > 0 {
			return loadSlowly(update)
		}
	}
	deletes := r.Deletes()
	for dr := (yjs.DeleteRange{}); deletes.Next(&dr); {
		if !d.loadDelete(dr) {
			d.deleteRange(dr)
		}
	}
	if deletes.End(); deletes.Err() != nil {
		return nil, deletes.Err()
	}
	d.ClearChanges()
	return d, nil
}

// loadSlowly loads an update whose sections refer to later ones, or that has structs to be merged.
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

// loadClient merges the structs of a client that is new to the document with one copy. It stops,
// and leaves the rest to advance, before the first struct that lacks an id, is a Skip, or must be
// changed or merged into another. own is true for a document's own state, in which info bytes show
// map keys.
func (d *Doc) loadClient(run *yjs.Structs, own bool) {
	if run.Next.Clock != 0 || run.Left == 0 || d.clock(run.Next.Client) != 0 {
		return
	}
	c := client{id: run.Next.Client}
	raw, base := run.Raw(), run.Offset()
	for s := &d.current; run.Read(s) && run.Err() == nil; {
		is, ok := d.loadable(&c, raw, s, own)
		if !ok {
			run.Unread(s)
			break
		}
		c.setNesting(s.Clock, is)
		c.addEntryForNext()
		c.last, c.lastContent = uint32(s.Start-base), uint32(s.Body-base)
		c.buf = raw[base:s.End] // borrowed; copied below, before anything is appended
		c.structs++
		c.addEntriesInside(s.Ref(), int(c.lastContent), s.Clock)
		c.clock += s.Len
		if d.recorder != nil {
			d.record(s)
		}
		switch {
		case isTombstone(s) && !own:
			d.markTombstone(&c, s)
		case isTombstone(s):
			d.ranges += c.makeIndex().deletes.add(s.Clock, c.clock, nil)
		}
	}
	if c.structs > 0 {
		c.buf = slices.Clone(c.buf)
		d.addClient(c)
	}
}

// loadable reports whether s can be appended to c as it is, and returns its nesting. In a
// document's own state info bytes show map keys, and reversed structs are those of earlier
// releases, whose meaning must not change.
func (d *Doc) loadable(c *client, raw []byte, s *yjs.Struct, own bool) (is nesting, ok bool) {
	if _, ok := d.missingID(s, c.clock); !ok || s.Ref() == yjs.RefSkip || c.canMerge(raw, s) {
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
	if is = d.nestingOf(c, s); own && s.IsItem() {
		is = newNesting(is.depth(), shown)
	}
	if !own && shown != is.underKey() {
		return is, false
	}
	return is, s.Ref() != yjs.RefType || is.depth() <= MaxNesting
}

// addClient adds a client with all its structs.
func (d *Doc) addClient(c client) {
	pos := d.position(c.id)
	d.clients[pos] = c
	d.unreported = append(d.unreported, pos)
	d.bytes += len(c.buf)
	d.changed = true
	d.noteExtension(pos, 0)
	if d.itemSplits != nil && d.itemSplits.active {
		d.itemSplits.noteFrom(&d.clients[pos], 0)
	}
	d.clockAdvanced(c.id, c.clock)
}

// loadDelete is deleteRange for the ranges that most delete sets have: behind all ranges of the
// client, or inside of one. It returns false for others. It does not add to newDeletes, so it is
// only for a document that is being loaded.
func (d *Doc) loadDelete(r yjs.DeleteRange) bool {
	if int(d.lastPos) >= len(d.clients) || d.clients[d.lastPos].id != r.Client {
		pos, ok := d.find(r.Client)
		if !ok {
			return false
		}
		d.lastPos = pos
	}
	c := &d.clients[d.lastPos]
	m := &c.makeIndex().deletes
	if !m.endsBefore(r.Clock) {
		at := m.endingFrom(r.Clock)
		m.last = at
		return m.at(at).clock <= r.Clock && r.End <= m.at(at).end
	}
	if r.End > c.clock {
		return false
	}
	m.last = m.push(clockRange{r.Clock, r.End})
	d.ranges++
	return true
}
