package engine

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// A client that was away for long may hold a document that was seeded with another
// text than the room. Merged plainly, both texts would stand there.

// maxRebases is how often updates of a peer are looked at as those of a document
// with another seed. A client that returns needs one, and two more where it types
// on before it knows. Each integrates the document, so what a client sends after that,
// which makes up seeds, is merged like anything else.
const maxRebases = 8

// foreign says whether u comes of such a document; mu is held. A room that
// goes back to no text has none that could stand there twice.
func (r *room) foreign(u codec.CheckedUpdate) bool {
	return r.record.base.known() && prose.Foreign(&r.doc, r.record.retired, u, r.e.cfg.Schema)
}

// mustRebase says whether e is to be merged with a rebase, which is worked out off the lock; mu is held.
func (r *room) mustRebase(e entry) bool { return e.peer.rebases < maxRebases && r.foreign(e.update) }

// reunite merges an update of a document with another seed together with its rebase, so that its text does not
// stand beside the room's. What is incomplete is left, and p is asked for all of it.
func (r *room) reunite(e entry) error {
	p, u, update, err := e.peer, e.update, e.rebase.update, e.rebase.err
	if of := e.rebase.of; of > 0 && of != r.version || r.knowsEditOf(update) {
		return errRebase
	}
	p.rebases++
	if errors.Is(err, view.ErrIncomplete) {
		r.resync(p, lacksUpdate, time.Now(), unknownID)
		return nil
	}
	if errors.Is(err, view.ErrBudget) {
		r.overBudget()
	}
	if err == nil && update.Bytes() == nil && r.mayHoldMore(p, u) {
		return nil
	}
	waiting := r.doc.PendingSize() > 0
	out := r.doc.Apply(u)
	changed := out.Changed
	if len(update.Bytes()) > 0 {
		changed = r.doc.Apply(update).Changed || changed
	}
	if changed {
		r.record.retired = prose.Retired(&r.doc, r.e.cfg.Schema)
		r.wrote(p, waiting, time.Now())
		r.joint = true // p is to be sent it too
	}
	r.e.metrics.reunited.Inc()
	if out.Refused == nil {
		r.owesAck(p)
		r.delivered(e)
		r.echo(e, out)
	}
	return out.Refused
}

// patience is how long a peer is waited for that was asked for all it has.
const patience = 10 * time.Second

// mayHoldMore says whether u is no whole document, but written upon a seed that is
// retired, by p who may not know that yet: then p is asked for all it has, which will
// have u in it. To the native protocols the room is told at the next flush, and the
// retirement with it, so that there is no use in asking.
func (r *room) mayHoldMore(p *Peer, u codec.CheckedUpdate) bool {
	now := time.Now()
	var alone ydoc.Doc
	if out := alone.Apply(u); p.proto.Native() || !out.Missing && !out.Dropped {
		p.searched = 0
		return false
	}
	if p.searched == 0 {
		p.searched = r.e.clock(now)
		p.send(seal(notice, p.proto, codec.Message{Kind: codec.SyncRequest, Body: codec.StateVector{}.Append(nil)}))
	}
	return r.e.clock(now)-p.searched < patience
}

// retire has p, who may not write and returns with another seed, delete that in its
// own document, as it would see both texts. Nothing of u is merged. It returns
// whether p has written nothing that it would have to be told is refused.
func (r *room) retire(p *Peer, u codec.CheckedUpdate) (blameless bool) {
	var old []codec.DeleteRange
	blameless = true
	reader := u.Read()
	for reader.NextSection() {
		id := reader.Structs.Next
		known := r.doc.Clock(id.Client)
		end, ours := prose.Unattended(reader.Structs, r.e.cfg.Schema)
		switch {
		case !ours:
			reader.Structs.Skip()
			blameless = blameless && reader.Structs.Next.Clock <= known
		case end > known:
			old = append(old, codec.DeleteRange{Client: id.Client, Clock: known, End: end})
		}
	}
	slices.SortFunc(old, func(a, b codec.DeleteRange) int { return cmp.Compare(b.Client, a.Client) })
	body := codec.AppendDeletes(codec.AppendUvarint(nil, 0), old)
	p.send(seal(notice, p.proto, codec.Message{Kind: codec.Update, Body: body, Version: r.version}))
	return blameless
}
