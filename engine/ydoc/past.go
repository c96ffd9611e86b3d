package ydoc

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Past is a document as it was before the last update that AppendChanges reported, and
// before all that was merged since. It is made to be asked now and then: each answer is made of the
// document's own, and takes as long as that. What was compacted away since is not in it,
// as if it had been deleted then. It is valid until the document changes.
type PriorState struct {
	doc   *Doc
	until yjs.StateVector   // clocks then of the clients that have written since, by descending id
	gone  []yjs.DeleteRange // deletions since, by descending client id and ascending clock
}

// Before returns the document as it was before last, which AppendChanges has reported
// last; with an empty update, as it was when AppendChanges was last called.
func (d *Doc) StateBefore(last yjs.CheckedUpdate) *PriorState {
	p := &PriorState{doc: d, gone: slices.Clone(d.newDeletes)}
	for _, pos := range d.touched {
		p.until = append(p.until, yjs.ID{Client: d.clients[pos].id, Clock: d.clients[pos].sent})
	}
	if len(last.Bytes()) > 0 {
		p.without(last)
	}
	slices.SortFunc(p.until, func(a, b yjs.ID) int {
		return cmp.Or(cmp.Compare(b.Client, a.Client), cmp.Compare(a.Clock, b.Clock))
	})
	p.until = slices.CompactFunc(p.until, func(a, b yjs.ID) bool { return a.Client == b.Client })
	slices.SortFunc(p.gone, func(a, b yjs.DeleteRange) int {
		return cmp.Or(cmp.Compare(b.Client, a.Client), cmp.Compare(a.Clock, b.Clock))
	})
	return p
}

func (p *PriorState) without(last yjs.CheckedUpdate) {
	r := last.Read()
	for r.NextSection() {
		p.until = append(p.until, r.Structs.Next)
		r.Structs.Skip()
	}
	deletes := r.Deletes()
	for g := (yjs.DeleteRange{}); deletes.Next(&g); {
		p.gone = append(p.gone, g)
	}
}

// AppendStateVector appends the encoded state vector of that time.
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

// AppendState appends all that the document was.
func (p *PriorState) AppendState(dst []byte) []byte {
	return p.appendThen(dst, p.doc.AppendState(nil))
}

// AppendDiff appends what a client at state vector have lacked.
func (p *PriorState) AppendDiff(dst []byte, have yjs.StateVector) []byte {
	return p.appendThen(dst, p.doc.AppendDiff(nil, have))
}

// AppendSince appends the structs of the listed client ids from the listed clocks on, and
// the whole delete set.
func (p *PriorState) AppendSince(dst []byte, from yjs.StateVector) []byte {
	return p.appendThen(dst, p.doc.AppendSince(nil, from))
}

// clock is the client's in the state vector of that time.
func (p *PriorState) clock(client uint64) uint64 {
	i, ok := slices.BinarySearchFunc(p.until, client, func(e yjs.ID, c uint64) int {
		return cmp.Compare(c, e.Client)
	})
	if ok {
		return p.until[i].Clock
	}
	return p.doc.clock(client)
}

// appendThen appends what was there of now, an update that the document has just written.
func (p *PriorState) appendThen(dst, now []byte) []byte {
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
	return yjs.AppendDeletes(dst, p.deletesThen(r.Deletes()))
}

// upTo reads structs up to a clock, at which the last is cut. It returns them as they are written.
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
		return lib0.AppendUvarint(dst, units) // what is gone is a number
	}
	_, from := number(raw, s.Body)
	pos, _, split := skipUnits(raw, s, from, 0, units)
	if split { // in the middle of a surrogate pair, which has four bytes
		return lib0.AppendString(dst, string(raw[from:pos-4])+replacement)
	}
	dst = lib0.AppendUvarint(dst, countOf(s.Ref(), pos-from, units))
	return append(dst, raw[from:pos]...)
}

// deletesThen are those of now that were there: of what was there, and not new since.
func (p *PriorState) deletesThen(now yjs.DeleteReader) (then []yjs.DeleteRange) {
	gone := p.gone
	for r := (yjs.DeleteRange{}); now.Next(&r); {
		r.End = min(r.End, p.clock(r.Client))
		steps.Take(1)
		for len(gone) > 0 && (gone[0].Client > r.Client ||
			gone[0].Client == r.Client && gone[0].End <= r.Clock) {
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
