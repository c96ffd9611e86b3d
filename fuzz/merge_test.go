package fuzz

import (
	"bytes"
	"cmp"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// merge applies u twice, and checks that the second time changes nothing. refused is the reason if
// the document refused a part of u.
func (r *recorder) merge(u yjs.CheckedUpdate) (refused, err error) {
	before := r.doc.AppendState(nil)
	first := r.doc.Apply(u)
	after := r.doc.AppendState(nil)
	if first.Changed == bytes.Equal(before, after) {
		return nil, &failure{Rule: "outcome", Text: "Changed contradicts what AppendState shows"}
	}
	if first.Changed && !r.doc.HasChanges() {
		return nil, &failure{Rule: "outcome", Text: "Changed, but HasChanges is false"}
	}
	if first.Refused != nil {
		return first.Refused, nil // pending structs may have brought the refused clocks meanwhile
	}
	waits := r.doc.PendingSize()
	if r.doc.Apply(u).Changed {
		return nil, &failure{Rule: "twice", Text: "the same update again is news"}
	}
	if !bytes.Equal(r.doc.AppendState(nil), after) {
		return nil, &failure{Rule: "twice", Text: "the same update again changes the state"}
	}
	if r.doc.PendingSize() > waits {
		return nil, &failure{Rule: "twice", Text: "the same update again waits a second time"}
	}
	return nil, nil
}

// compact replaces the document by the compacted form that was made last time, as a room does that
// compacts while updates come in, and makes the next.
func (r *recorder) compact() error {
	if r.shorter != nil && !r.doc.Replace(r.shorter) {
		return &failure{Rule: "replace", Text: "a compacted form cannot replace what it was made of"}
	}
	update, err := compacted(&r.doc)
	if err != nil && r.Hostile {
		return nil
	} else if err != nil {
		return &failure{Rule: "compacted", Text: err.Error()}
	}
	r.shorter, err = ydoc.Load(update)
	return err
}

// reload goes on with the stored document, as after a restart: without pending structs, and without
// changes that were not sent.
func (r *recorder) reload() error {
	if r.doc.PendingSize() > 0 || r.doc.HasChanges() {
		return nil
	}
	d, err := ydoc.Load(r.doc.AppendState(nil))
	if err != nil {
		return &failure{Rule: "reload", Text: err.Error()}
	}
	r.doc, r.shorter = *d, nil
	return nil
}

// cut takes the changes, as a room does for a batch, split if limit is not 0.
func (r *recorder) cut(st *step, limit int) error {
	st.Cut = true
	had := r.doc.HasChanges()
	changes := r.doc.AppendChanges(nil)
	if !had && len(changes) > 0 {
		return &failure{Rule: "changes: empty", Text: "HasChanges is false, but AppendChanges has something"}
	}
	if had {
		if _, err := yjs.CheckUpdate(changes); err != nil {
			return &failure{Rule: "changes: refused", Text: err.Error()}
		}
		parts, err := split(changes, cmp.Or(limit, len(changes)+splitLimit))
		if err != nil {
			return &failure{Rule: "changes: split", Text: err.Error()}
		}
		st.Changes = r.putAll(parts)
	}
	if r.doc.HasChanges() {
		return &failure{Rule: "changes: empty", Text: "HasChanges after AppendChanges"}
	}
	st.Keep = r.rand.IntN(6) == 0
	if st.Keep {
		r.kept = append(r.kept, kept{len(r.Steps), st.Vector})
	}
	return nil
}
