package ydoc

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// PriorState is a document as it was before the last update that AppendChanges reported, and before
// all that was merged since. Its methods filter the output of the document's own methods, so each
// takes as long as these. Content that was compacted away since is missing, as if it had been
// deleted then. A PriorState is valid until the document changes.
type PriorState struct {
	doc     *Doc
	clocks  yjs.StateVector   // the clocks of the clients that have changed since, by descending id
	deletes []yjs.DeleteRange // deletes since, by descending client id and ascending clock
}

// StateBefore returns the document as it was before last, the update that AppendChanges reported
// last; with an empty last, as it was at that call of AppendChanges.
func (d *Doc) StateBefore(last yjs.CheckedUpdate) *PriorState {
	p := &PriorState{doc: d, deletes: slices.Clone(d.newDeletes)}
	for _, pos := range d.unreported {
		c := &d.clients[pos]
		p.clocks = append(p.clocks, yjs.ID{Client: c.id, Clock: c.reported})
	}
	if len(last.Bytes()) > 0 {
		p.exclude(last)
	}
	slices.SortFunc(p.clocks, func(a, b yjs.ID) int {
		return cmp.Or(cmp.Compare(b.Client, a.Client), cmp.Compare(a.Clock, b.Clock))
	})
	p.clocks = slices.CompactFunc(p.clocks, func(a, b yjs.ID) bool { return a.Client == b.Client })
	slices.SortFunc(p.deletes, func(a, b yjs.DeleteRange) int {
		return cmp.Or(cmp.Compare(b.Client, a.Client), cmp.Compare(a.Clock, b.Clock))
	})
	return p
}

// exclude counts the structs and deletes of last as later than the prior state.
func (p *PriorState) exclude(last yjs.CheckedUpdate) {
	r := last.Read()
	for r.NextSection() {
		p.clocks = append(p.clocks, r.Structs.Next)
		r.Structs.Skip()
	}
	deletes := r.Deletes()
	for g := (yjs.DeleteRange{}); deletes.Next(&g); {
		p.deletes = append(p.deletes, g)
	}
}

// AppendStateVector appends the encoded state vector.
func (p *PriorState) AppendStateVector(dst []byte) []byte {
	v := make(yjs.StateVector, 0, p.doc.order.len)
	for pos := range p.doc.order.all() {
		id := p.doc.clients[pos].id
		if clock := p.clock(id); clock > 0 {
			v = append(v, yjs.ID{Client: id, Clock: clock})
		}
	}
	return v.Append(dst)
}

// AppendState appends the whole state as one update.
func (p *PriorState) AppendState(dst []byte) []byte {
	return p.appendPrior(dst, p.doc.AppendState(nil))
}

// AppendDiff appends the update that Doc.AppendDiff would have appended at that time.
func (p *PriorState) AppendDiff(dst []byte, have yjs.StateVector) []byte {
	return p.appendPrior(dst, p.doc.AppendDiff(nil, have))
}

// AppendSince appends the update that Doc.AppendSince would have appended at that time.
func (p *PriorState) AppendSince(dst []byte, from yjs.StateVector) []byte {
	return p.appendPrior(dst, p.doc.AppendSince(nil, from))
}

// clock returns the next clock of a client at that time.
func (p *PriorState) clock(client uint64) uint64 {
	if clock, ok := p.clocks.Clock(client); ok {
		return clock
	}
	return p.doc.clock(client)
}

// appendPrior appends the part of now, an update of the document, that was in it at that time.
func (p *PriorState) appendPrior(dst, now []byte) []byte {
	var sections uint64
	var out []byte
	r := yjs.Trust(now).Read()
	for r.NextSection() {
		first := r.Structs.Next
		if n, part := upTo(&r.Structs, p.clock(first.Client)); n > 0 {
			sections++
			out = append(yjs.AppendID(lib0.AppendUvarint(out, n), first), part...)
		}
		r.Structs.Skip()
	}
	steps.Take(1 + len(out)/64)
	dst = append(lib0.AppendUvarint(dst, sections), out...)
	return yjs.AppendDeletes(dst, p.priorDeletes(r.Deletes()))
}

// upTo reads structs up to a clock, at which it cuts the last. It returns their number and
// encoding.
func upTo(r *yjs.Structs, end uint64) (n uint64, out []byte) {
	for st := (yjs.Struct{}); r.Next.Clock < end && r.Read(&st); n++ {
		if st.Clock+st.Len <= end {
			out = append(out, r.Raw()[st.Start:st.End]...)
		} else {
			out = appendFirst(out, r.Raw(), &st, end-st.Clock)
		}
	}
	return n, out
}

// appendFirst appends the first units of struct s of raw, as Yjs would cut it.
func appendFirst(dst, raw []byte, s *yjs.Struct, units uint64) []byte {
	dst = append(dst, raw[s.Start:s.Body]...)
	if !hasElements(s.Ref()) {
		return lib0.AppendUvarint(dst, units) // GC and deleted content are a number
	}
	_, from := readCount(raw, s.Body)
	pos, _, split := skipUnits(raw, s, from, 0, units)
	if split { // in the middle of a surrogate pair, which has four bytes
		return lib0.AppendString(dst, string(raw[from:pos-4])+replacement)
	}
	dst = lib0.AppendUvarint(dst, contentCount(s.Ref(), pos-from, units))
	return append(dst, raw[from:pos]...)
}

// priorDeletes returns the ranges of now that were deleted at that time.
func (p *PriorState) priorDeletes(now yjs.DeleteReader) (then []yjs.DeleteRange) {
	gone := p.deletes
	for r := (yjs.DeleteRange{}); now.Next(&r); {
		r.End = min(r.End, p.clock(r.Client))
		steps.Take(1)
		isBefore := func(g yjs.DeleteRange) bool {
			return g.Client > r.Client || g.Client == r.Client && g.End <= r.Clock
		}
		for len(gone) > 0 && isBefore(gone[0]) {
			gone = gone[1:]
			steps.Take(1)
		}
		for _, g := range gone {
			steps.Take(1)
			if g.Client != r.Client || g.Clock >= r.End || r.Clock >= r.End {
				break
			}
			if r.Clock < g.Clock {
				then = append(then, yjs.DeleteRange{Client: r.Client, Clock: r.Clock, End: g.Clock})
			}
			r.Clock = g.End
		}
		if r.Clock < r.End {
			then = append(then, r)
		}
	}
	return then
}
