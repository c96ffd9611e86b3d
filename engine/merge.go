package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// merge decides on an update of a peer. It is
//
//   - discarded, if its peer has left;
//   - refused with the end of its connection, if it is of a document that was deleted;
//   - undone at the peer, if it is only a seed of the record's text and its peer may not write;
//   - refused, if its peer may not write;
//   - dropped, if it depends on an update that was refused before;
//   - tried on the compacted document later, if it is too large for this one;
//   - applied otherwise.
//
// Its error is errRebase, errFormer, or the reason why some of the update could not be read. mu is
// held.
func (r *room) merge(e entry) (err error) {
	if r.discards(e.peer) {
		return nil
	}
	if r.hasFormer(e.update) {
		return r.refuseFormer()
	}
	e.peer.updates++ // before what follows may send a welcome, which counts it
	if err = r.mergeCounted(e); err == errRebase {
		e.peer.updates--
	}
	return err
}

// mergeCounted is merge for an update that is counted, of a peer that is there.
func (r *room) mergeCounted(e entry) error {
	switch reason := r.checkUpdate(e); {
	case (reason == ErrReadOnly || reason == ErrEditingOff) &&
		r.record.Foreign(&r.doc, e.update, false) && r.unseed(e.peer, e.update):
		r.ackUnseeded(e)
	case reason != nil && reason != ErrDocumentTooLarge:
		r.refuse(e, reason)
	case r.dependsOnRefused(e):
		r.dropDependent(e, time.Now())
	case reason != nil:
		r.tryAfterCompaction(e, time.Now())
	case r.mustNotWrite(e):
		r.ackRefused(e)
	default:
		return r.apply(e)
	}
	return nil
}

// apply merges an update that is not refused. It returns errRebase if the update is of a document
// that was seeded with another text, and has no rebase yet.
func (r *room) apply(e entry) error {
	switch p := e.peer; {
	case !r.record.Foreign(&r.doc, e.update, e.whole):
	case p.rebases >= maxRebases:
		r.record.NotRebased()
	case e.rebase == nil:
		return errRebase
	default:
		return r.applyRebased(e)
	}
	waiting := r.doc.PendingSize() > 0
	out := r.applyBy(e.update, e.peer.author())
	now := time.Now()
	if out.Changed {
		r.unflushed.Add(int64(len(e.update.Bytes())))
		r.changed(e.peer, waiting, now)
		r.compactIfFreed(e.update, now)
	}
	r.applied(e, out, now)
	return out.Refused
}

// applied replies to the peer, depending on the result of its update.
func (r *room) applied(e entry, out ydoc.Result, now time.Time) {
	p := e.peer
	switch {
	case out.Dropped: // all updates that waited for missing ones
		r.ackLater(e)
		r.requestFromAll(p, now)
	case out.Missing:
		r.ackLater(e)
		if e.whole {
			p.resync.incomplete = min(p.resync.incomplete+1, maxIncomplete)
		}
		r.reportMissing(p)
		r.resync(p, lacksUpdate, now, out.MissingID)
		r.requestIfSmaller(e, now)
	case out.Refused == nil:
		r.ackWhenDurable(e)
		r.accepted(e)
		r.checkVersion(e, now)
		r.echo(e, out)
	}
}

// changed notes that p has changed the document. With together, updates of others that waited for
// p's may have changed it too.
func (r *room) changed(p *Peer, together bool, now time.Time) {
	r.version++
	r.recent++
	r.e.metrics.merged.Inc()
	r.commit.joint = r.commit.joint || together || r.commit.author != nil && r.commit.author != p
	r.commit.author = p
	r.wrote(p)
	if r.commit.since == 0 {
		r.commit.since = r.e.clock(now)
	}
	r.scheduleFlush(now)
	r.record.Wrote(p.identity.Credential, now)
	size := r.doc.Size()
	r.warnOfSize(size)
	large := size > r.e.cfg().DocumentBytes/2
	if large && !r.compaction.running && r.doc.HasDeletes() && r.compactDue(size) {
		r.compactSoon(now)
	}
}

// compactIfFreed compacts the document if u deletes something, and updates were refused because the
// document was too large.
func (r *room) compactIfFreed(u yjs.CheckedUpdate, now time.Time) {
	if r.compaction.wantsSpace && u.HasDeletes() {
		r.compactSoon(now)
	}
}

// hasAllReferred reports whether the document has everything that an update refers to, so that
// nothing of it would be pending. mu is held.
func (r *room) hasAllReferred(u yjs.CheckedUpdate) bool {
	if !r.doc.CanApply(u) {
		return false
	}
	ends := make(map[uint64]uint64)
	for s := range u.Sections() {
		ends[s.Client] = s.End
	}
	read := u.Read()
	for read.NextSection() {
		read.Structs.Skip()
	}
	deletes := read.Deletes()
	for d := (yjs.DeleteRange{}); deletes.Next(&d); {
		if d.End > max(r.doc.Clock(d.Client), ends[d.Client]) {
			return false
		}
	}
	return true
}
