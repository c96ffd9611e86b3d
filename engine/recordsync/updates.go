package recordsync

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Records may hold Yjs updates instead of Markdown (DocumentRecords). Then an external change is an
// update like any other: it is applied to the document, and needs neither a common ancestor nor a
// seed. The place of a document's Markdown is taken by its fingerprint, which is never stored.

// holdsUpdates reports whether the Records hold updates.
func (s *Syncer) holdsUpdates() bool { return s.updates }

// fingerprintOf returns a text that two documents have in common if and only if they have the same
// structs and the same deleted ranges: the state vector and an update that only deletes. It is ""
// for an empty document.
func fingerprintOf(state []byte) (string, error) {
	doc, err := ydoc.Load(state)
	if err != nil {
		return "", err
	}
	return fingerprint(doc), nil
}

func fingerprint(doc *ydoc.Doc) string {
	if doc.Empty() && !doc.HasDeletes() {
		return ""
	}
	vector := doc.AppendStateVector(nil)
	have, err := yjs.ParseStateVector(nil, vector)
	if err != nil {
		return "" // it was just written
	}
	return string(doc.AppendDiff(vector, have))
}

// updateOf returns the content of a record, and the fingerprint of the document that has nothing
// else. An update that refers to others, which it lacks, is an error: the document would never show
// a part of it.
func updateOf(text Text) (u yjs.CheckedUpdate, print string, err error) {
	if len(text.Update) == 0 {
		return u, "", nil
	}
	if u, err = yjs.CheckUpdate(text.Update); err != nil {
		return u, "", err
	}
	var doc ydoc.Doc
	if err = applyWhole(&doc, u); err != nil {
		return yjs.CheckedUpdate{}, "", err
	}
	if print = fingerprint(&doc); print == "" {
		return yjs.CheckedUpdate{}, "", nil
	}
	return u, print, nil
}

// applyWhole applies an update. It fails if a part of the update stays pending.
func applyWhole(doc *ydoc.Doc, u yjs.CheckedUpdate) error {
	before := doc.PendingSize()
	out := doc.Apply(u)
	switch {
	case out.Refused != nil:
		return out.Refused
	case doc.PendingSize() > before || out.Dropped:
		return errIncomplete
	}
	return nil
}

// mergeUpdate applies an update that is the content of the record now to the document of d, and
// makes it the merge base. If the document then has more, that is saved. The work lock is held.
func (r *Record) mergeUpdate(ctx context.Context, d *docState, now Text) error {
	theirs, base, merged, err := r.mergedWith(d, now)
	if err != nil {
		return err
	}
	if err := r.s.confirm(ctx, r.room.Key().String()); err != nil {
		return err
	}
	r.lock()
	defer r.unlock()
	if r.room.Closed() {
		return nil
	}
	if merged != d.print {
		r.room.Apply(theirs)
	}
	hash := hashOf(base)
	r.setBase(mergeBase{revision: now.Revision, hash: hash, showsDrafts: true}, textChange{})
	at := time.Now()
	if merged == base {
		r.setClean(d.edits)
	} else {
		r.setDirty(at)
	}
	r.schedulePoll(at)
	r.room.Reschedule()
	return nil
}

// mergedWith returns the update of a text, its fingerprint, and that of the document of d with it.
// It sets d.print.
func (r *Record) mergedWith(d *docState, now Text) (
	theirs yjs.CheckedUpdate, base, merged string, err error,
) {
	err = r.convert(func() error {
		if err := d.decompress(r.s.cfg().MaxDocument); err != nil {
			return err
		}
		if theirs, base, err = updateOf(now); err != nil {
			return err
		}
		doc, err := ydoc.Load(d.state)
		if err != nil {
			return err
		}
		d.print = fingerprint(doc)
		if merged = d.print; base != "" {
			err = applyWhole(doc, theirs)
			merged = fingerprint(doc)
		}
		return err
	})
	return theirs, base, merged, err
}
