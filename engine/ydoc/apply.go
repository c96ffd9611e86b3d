package ydoc

import (
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Outcome says what Apply did.
type Result struct {
	Changed                    bool   // something was new: HasChanges is true now
	Missing                    bool   // some of it waits for ids that are not known: ask the sender for them
	MissingID                  yjs.ID // with Missing, one of these
	Dropped                    bool   // too much waited, and all that did was dropped: ask everyone
	KnownStructs, KnownDeletes bool   // some of its structs, or deletions, were merged before
	Refused                    error  // ErrNesting: a type, and later structs of its client, are left out
}

// Apply merges a checked update. It copies what it keeps. What refers to ids
// that are not known yet waits until they are; when more than MaxPending bytes
// wait, all that waits is dropped.
func (d *Doc) Apply(u yjs.CheckedUpdate) Result {
	d.changed, d.refused, d.knownStructs, d.knownDeletes = false, nil, false, false
	d.grown, d.folds = reuse(d.grown), reuse(d.folds)
	waited, dropped := d.pending.added, d.pending.dropped
	r := u.Read()
	for r.NextSection() {
		d.applySection(&r.Structs)
	}
	knownStructs := d.knownStructs // by what waited before it does not count
	d.resolve()
	deletes := r.Deletes()
	for dr := (yjs.DeleteRange{}); deletes.Next(&dr); {
		d.deleteRange(dr)
	}
	knownDeletes := d.knownDeletes
	if len(d.due) > 0 {
		d.deleteDue()
	}
	if len(d.blocked) > 0 {
		d.park()
	}
	if d.splits != nil {
		d.splits.forget()
	}
	return Result{
		Changed:      d.changed,
		Missing:      d.pending.added != waited,
		MissingID:    d.pending.lacks,
		Dropped:      d.pending.dropped != dropped,
		Refused:      d.refused,
		KnownStructs: knownStructs,
		KnownDeletes: knownDeletes,
	}
}

// applySection merges run as far as it goes; the rest, if any, is blocked. run is left at its end.
func (d *Doc) applySection(run *yjs.Structs) {
	d.adopt(run, false)
	need, ok := d.advance(run)
	if ok {
		return
	}
	d.pending.made++
	s := &section{Structs: *run, order: d.pending.made}
	d.block(s, need)
	run.Skip()
	s.end = run.Offset()
}

// advance merges structs of run until one needs an id that is not known.
func (d *Doc) advance(run *yjs.Structs) (need yjs.ID, ok bool) {
	clock := d.clock(run.Next.Client)
	for s := &d.current; run.Read(s); {
		if need, ok := d.missing(s, clock); !ok {
			run.Unread(s)
			return need, false
		}
		if err := d.add(run.Raw(), s); err != nil {
			d.refused = err
			run.Skip()
			break
		}
		if s.Ref() != yjs.RefSkip {
			clock = max(clock, s.Clock+s.Len)
		}
	}
	return yjs.ID{}, true
}

// missing returns an id that must be known before s can be merged, or true.
// clock is that of the client of s. What is known already lacks nothing.
func (d *Doc) missing(s *yjs.Struct, clock uint64) (yjs.ID, bool) {
	if s.Clock+s.Len <= clock {
		return yjs.ID{}, true
	}
	if s.Clock > clock && s.Ref() != yjs.RefSkip {
		return yjs.ID{Client: s.Client, Clock: s.Clock - 1}, false
	}
	if s.HasOrigin() && !d.refers(s, s.Origin) {
		return s.Origin, false
	}
	if s.HasRightOrigin() && !d.refers(s, s.RightOrigin) {
		return s.RightOrigin, false
	}
	if s.HasParent() && s.ParentName == nil && !d.refers(s, s.Parent) {
		return s.Parent, false
	}
	return yjs.ID{}, true
}

// refers says whether s may refer to id. What its own client wrote before is known by now.
func (d *Doc) refers(s *yjs.Struct, id yjs.ID) bool {
	return id.Client == s.Client || d.knows(id)
}

// add appends what is new of s, a struct of raw with nothing missing, unless it
// would harm clients that integrate it.
func (d *Doc) add(raw []byte, s *yjs.Struct) error {
	if s.Ref() == yjs.RefSkip {
		return nil
	}
	pos := d.position(s.Client)
	c := &d.clients[pos]
	if s.Clock < c.clock {
		d.knownStructs = true
	}
	if s.Clock+s.Len <= c.clock {
		return nil
	}
	if s.Clock < c.clock {
		raw = d.cutAt(raw, s, c.clock)
	}
	is := d.levelOf(c, s)
	if s.Ref() == yjs.RefType && is.depth() > MaxNesting {
		return ErrNesting
	}
	c.stand(s.Clock, is)
	if c.sent == c.clock {
		d.touched = append(d.touched, pos)
	}
	d.grow(pos, c.clock)
	d.bytes -= len(c.buf)
	d.push(c, raw, s, is.underKey())
	d.bytes += len(c.buf)
	if isTombstone(s) {
		d.ranges += c.extra().deletes.add(s.Clock, s.Clock+s.Len, nil)
	}
	d.changed = true
	d.arrived(c.id, c.clock)
	return nil
}

// push appends s to c.
func (d *Doc) push(c *client, raw []byte, s *yjs.Struct, underKey bool) {
	if d.splits != nil && d.splits.active {
		d.splits.note(s)
	}
	start, reversed := d.reversed(c, raw, s)
	if reversed {
		raw = d.straighten(raw, s, start)
	}
	switch {
	case underKey && s.Len > 1 && hasElements(s.Ref()):
		d.pushValues(c, raw, s)
	case reversed || !c.continues(raw, s):
		c.append(raw, s, underKey)
	default:
		c.fold(raw, s)
		d.folded(c, s)
	}
}

// grow notes that a client is about to get a struct.
func (d *Doc) grow(pos uint32, clock uint64) {
	if n := len(d.grown); n == 0 || d.grown[n-1].pos != pos {
		d.grown = append(d.grown, growth{pos, clock})
	}
	if d.splits != nil {
		d.splits.behind[pos] = true
	}
}

// folded notes that s was folded into the last struct of c.
func (d *Doc) folded(c *client, s *yjs.Struct) {
	d.folds = append(d.folds, s.ID)
	if d.splits != nil && d.splits.active {
		d.splits.fresh.add(s.ID)
	}
}

// isTombstone says whether s is deleted by being what it is. Yjs' delete sets
// list its clocks too, so they are kept as deleted from the start, and a range
// that names them later is no news.
func isTombstone(s *yjs.Struct) bool {
	return s.Ref() == yjs.RefGC || s.Ref() == yjs.RefDeleted
}

// cutAt makes s the part of itself from clock on, in the buffer it returns.
func (d *Doc) cutAt(raw []byte, s *yjs.Struct, clock uint64) []byte {
	p := place{s: *s}
	_, from := number(raw, s.Body)
	p.pos, _, p.split = skipUnits(raw, s, from, 0, clock-s.Clock)
	out, rest := appendRest(d.cut[:0], raw, &p, clock)
	d.cut = append(out, raw[rest:s.End]...)
	run := yjs.TrustedStructs(d.cut, 0, yjs.ID{Client: s.Client, Clock: clock}, 1)
	run.Read(s)
	return d.cut
}
