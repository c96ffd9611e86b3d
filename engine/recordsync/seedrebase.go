package recordsync

import (
	"cmp"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// A client that was away for long may hold a document that was seeded with another text
// than the room's. Merged as it is, it would add its text to the room's. An update of such a
// document is merged together with another update, its rebase, which deletes the old text.

// Loaded is called when the document has been loaded. It adds the provenance that seeds of earlier
// releases lack, and schedules a draft of edits that were not saved when the process ended.
func (r *Record) Loaded(now time.Time) {
	if r == nil || !r.base.known() {
		return
	}
	doc, err := r.room.Document()
	if err != nil {
		return
	}
	if !r.s.updates {
		r.room.Apply(yjs.Trust(prose.MissingProvenance(doc, r.s.cfg().Schema)))
		r.findRetired()
	}
	r.setDirty(now)
}

// Foreign reports whether an update is of a document with another seed than doc, the room's. all
// says that it is everything that its client has and doc lacks. Foreign is false for a document
// without a merge base, as that was not seeded.
func (r *Record) Foreign(doc *ydoc.Doc, u yjs.CheckedUpdate, all bool) bool {
	return r != nil && r.foreign(doc, u, all)
}

// foreign is not inlined, so that Foreign is: rooms without a record call it for each update.
//
//go:noinline
func (r *Record) foreign(doc *ydoc.Doc, u yjs.CheckedUpdate, all bool) bool {
	return r.base.known() && !r.s.updates &&
		prose.HasForeignSeed(doc, r.retired, u, all, r.s.cfg().Schema)
}

// Rebase returns the update that is to be merged together with the foreign update u into a document
// with a state; empty if none is needed. It takes as long as integrating the document a few times,
// so the room's lock should not be held. Its error is an ErrMarkdown, and a view.ErrIncomplete if u
// is not all of its document.
func (r *Record) Rebase(state []byte, u yjs.CheckedUpdate) (
	rebase yjs.CheckedUpdate, err error,
) {
	err = r.convert(func() error {
		b, err := prose.RebaseSeed(yjs.Trust(state), u, r.s.cfg().Schema, r.s.maxSteps())
		if err == nil && b != nil {
			rebase, err = yjs.CheckUpdate(b)
		}
		return err
	})
	return rebase, err
}

// Rebased notes that a foreign update was merged with its rebase, and whether that has changed the
// document.
func (r *Record) Rebased(changed bool) {
	r.s.metrics.rebased.Inc()
	if changed {
		r.findRetired()
	}
}

// NotRebased notes that a foreign update was merged as it is.
func (r *Record) NotRebased() { r.s.metrics.notRebased.Inc() }

// Unseed returns the ranges, by descending client id, that delete the seed and the server's edits
// that a foreign update has and doc lacks; alone reports whether the update has nothing else. It is
// for a client that may not write, and otherwise would show both texts.
func (r *Record) Unseed(doc *ydoc.Doc, u yjs.CheckedUpdate) (
	deletes []yjs.DeleteRange, alone bool,
) {
	alone = true
	reader := u.Read()
	for reader.NextSection() {
		id := reader.Structs.Next
		known := doc.Clock(id.Client)
		end, ours := prose.WrittenByServer(reader.Structs, r.s.cfg().Schema)
		switch {
		case !ours:
			reader.Structs.Skip()
			alone = alone && reader.Structs.Next.Clock <= known
		case end > known:
			deletes = append(deletes, yjs.DeleteRange{Client: id.Client, Clock: known, End: end})
		}
	}
	slices.SortFunc(deletes, func(a, b yjs.DeleteRange) int {
		return cmp.Compare(b.Client, a.Client)
	})
	return deletes, alone
}

// findRetired finds the seeds of which nothing is left in the document, and what was written there.
func (r *Record) findRetired() {
	if doc, err := r.room.Document(); err == nil {
		r.retired = prose.Retired(doc, r.s.cfg().Schema)
	}
}
