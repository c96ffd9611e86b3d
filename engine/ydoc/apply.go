package ydoc

import (
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Result is the result of Apply.
type Result struct {
	Changed bool // the document has changed
	// Missing is set if a part is pending, as it refers to unknown ids. The sender should be asked
	// for its state.
	Missing   bool
	MissingID yjs.ID // one of the unknown ids
	// Dropped is set if too much was pending, and all of it was dropped. All clients should be
	// asked for their states.
	Dropped bool
	// KnownStructs and KnownDeletes report whether the document had a part of the update's structs,
	// or deletes, before.
	KnownStructs, KnownDeletes bool
	// Refused is ErrNesting if a type and all later structs of its client were left out.
	Refused error
}

// Apply merges a checked update, which it copies. Structs and deletes that refer to unknown ids are
// pending until the ids are known. If more than MaxPending bytes are pending, all of them are
// dropped.
func (d *Doc) Apply(u yjs.CheckedUpdate) Result { return d.ApplyBy(u, 0, nil) }

// ApplyBy is Apply for an update of a user with a number. It tells rec, if it is not nil, what is
// new.
func (d *Doc) ApplyBy(u yjs.CheckedUpdate, by uint32, rec Recorder) Result {
	d.by, d.recorder = by, rec
	d.changed, d.refused, d.knownStructs, d.knownDeletes = false, nil, false, false
	d.extended, d.merges = reuse(d.extended), reuse(d.merges)
	waited, dropped := d.pending.added, d.pending.dropped
	r := u.Read()
	for r.NextSection() {
		d.applySection(&r.Structs)
	}
	knownStructs := d.knownStructs // before resolve, as structs that were pending do not count
	d.resolve()
	deletes := r.Deletes()
	for dr := (yjs.DeleteRange{}); deletes.Next(&dr); {
		d.deleteRange(dr)
	}
	knownDeletes := d.knownDeletes
	if len(d.dueDeletes) > 0 {
		d.applyDueDeletes()
	}
	if len(d.blocked) > 0 {
		d.storePending()
	}
	if d.itemSplits != nil {
		d.itemSplits.forget()
	}
	d.by, d.recorder = 0, nil
	return Result{
		Changed:      d.changed,
		Missing:      d.pending.added != waited,
		MissingID:    d.pending.missingID,
		Dropped:      d.pending.dropped != dropped,
		Refused:      d.refused,
		KnownStructs: knownStructs,
		KnownDeletes: knownDeletes,
	}
}

// applySection merges run up to the first struct that lacks an id; the rest is blocked. It reads
// run to the end.
func (d *Doc) applySection(run *yjs.Structs) {
	d.loadClient(run, false)
	need, ok := d.advance(run)
	if ok {
		return
	}
	d.pending.blockedSections++
	s := &section{Structs: *run, order: d.pending.blockedSections, by: d.by}
	d.blockSection(s, need)
	run.Skip()
	s.end = run.Offset()
}

// advance merges structs of run up to one that needs an unknown id, which it returns.
func (d *Doc) advance(run *yjs.Structs) (need yjs.ID, ok bool) {
	clock := d.clock(run.Next.Client)
	for s := &d.current; run.Read(s); {
		if need, ok := d.missingID(s, clock); !ok {
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

// missingID returns an unknown id that s refers to. ok is true if there is none, or if the document
// has s. clock is the next clock of the client of s.
func (d *Doc) missingID(s *yjs.Struct, clock uint64) (yjs.ID, bool) {
	if s.Clock+s.Len <= clock {
		return yjs.ID{}, true
	}
	if s.Clock > clock && s.Ref() != yjs.RefSkip {
		return yjs.ID{Client: s.Client, Clock: s.Clock - 1}, false
	}
	if s.HasOrigin() && !d.mayRefer(s, s.Origin) {
		return s.Origin, false
	}
	if s.HasRightOrigin() && !d.mayRefer(s, s.RightOrigin) {
		return s.RightOrigin, false
	}
	if s.HasParent() && s.ParentName == nil && !d.mayRefer(s, s.Parent) {
		return s.Parent, false
	}
	return yjs.ID{}, true
}

// mayRefer reports whether s may refer to id: whether it is known, or of the same client.
func (d *Doc) mayRefer(s *yjs.Struct, id yjs.ID) bool {
	return id.Client == s.Client || d.has(id)
}

// add appends the new part of s, a struct in raw that lacks no id. It returns ErrNesting for a type
// that is nested too deeply.
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
	is := d.nestingOf(c, s)
	if s.Ref() == yjs.RefType && is.depth() > MaxNesting {
		return ErrNesting
	}
	c.setNesting(s.Clock, is)
	if c.reported == c.clock {
		d.unreported = append(d.unreported, pos)
	}
	d.noteExtension(pos, c.clock)
	d.bytes -= len(c.buf)
	d.appendStruct(c, raw, s, is.underKey())
	d.bytes += len(c.buf)
	if d.recorder != nil {
		d.record(s)
	}
	if isTombstone(s) {
		d.markTombstone(c, s)
	}
	d.changed = true
	d.clockAdvanced(c.id, c.clock)
	return nil
}

// record tells the recorder of a new struct.
func (d *Doc) record(s *yjs.Struct) {
	d.recorder.Inserted(s.Client, s.Clock, s.Clock+s.Len, d.by)
	if isTombstone(s) {
		d.recorder.Deleted(s.Client, s.Clock, s.Clock+s.Len, d.by)
	}
}

// appendStruct appends s to c, or merges it into the last struct of c.
func (d *Doc) appendStruct(c *client, raw []byte, s *yjs.Struct, underKey bool) {
	if d.itemSplits != nil && d.itemSplits.active {
		d.itemSplits.note(s)
	}
	start, reversed := d.reversed(c, raw, s)
	if reversed {
		raw = d.normalize(raw, s, start)
	}
	switch {
	case underKey && s.Len > 1 && hasElements(s.Ref()):
		d.appendMapValues(c, raw, s)
	case reversed || !c.canMerge(raw, s):
		c.append(raw, s, underKey)
	default:
		c.mergeIntoLast(raw, s)
		d.noteMerge(c, s)
	}
}

// noteExtension records that a client is about to get a struct.
func (d *Doc) noteExtension(pos uint32, clock uint64) {
	if n := len(d.extended); n == 0 || d.extended[n-1].pos != pos {
		d.extended = append(d.extended, extension{pos, clock})
	}
	if d.itemSplits != nil {
		d.itemSplits.behind[pos] = true
	}
}

// noteMerge records that s was merged into the last struct of c.
func (d *Doc) noteMerge(c *client, s *yjs.Struct) {
	d.merges = append(d.merges, s.ID)
	if d.itemSplits != nil && d.itemSplits.active {
		d.itemSplits.fresh.add(s.ID)
	}
}

// isTombstone reports whether s is deleted content or GC. Yjs' delete sets list its clocks too, so
// they are kept as deleted from the start, and a range that lists them later changes nothing.
func isTombstone(s *yjs.Struct) bool {
	return s.Ref() == yjs.RefGC || s.Ref() == yjs.RefDeleted
}

// cutAt replaces s by its part from clock on, and returns the buffer that has that part.
func (d *Doc) cutAt(raw []byte, s *yjs.Struct, clock uint64) []byte {
	p := location{s: *s}
	_, from := readCount(raw, s.Body)
	p.pos, _, p.split = skipUnits(raw, s, from, 0, clock-s.Clock)
	out, rest := appendRest(d.cutBuf[:0], raw, &p, clock)
	d.cutBuf = append(out, raw[rest:s.End]...)
	run := yjs.TrustedStructs(d.cutBuf, 0, yjs.ID{Client: s.Client, Clock: clock}, 1)
	run.Read(s)
	return d.cutBuf
}
