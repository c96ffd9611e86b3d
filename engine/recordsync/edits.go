package recordsync

import (
	"slices"
	"time"
)

// Wrote notes that a peer with a credential has changed the document.
func (r *Record) Wrote(credential string, now time.Time) {
	if r != nil {
		r.wrote(credential, now)
	}
}

// Restored notes that an administrator has changed the document. An editor saves it.
func (r *Record) Restored(now time.Time) {
	if r == nil {
		return
	}
	r.edits++
	r.lastEdit = now
	r.setDirty(now)
	r.SetUnpublished()
}

func (r *Record) wrote(credential string, now time.Time) {
	r.addWriter(credential)
	r.writer, r.written = credential, true
	r.edits++
	r.lastEdit = now
	if r.firstEdit.IsZero() {
		r.firstEdit = now
	}
	r.setDirty(now)
	r.SetUnpublished()
}

// addWriter adds a credential to those of the next draft.
func (r *Record) addWriter(credential string) {
	repeated := r.written && r.writer == credential && len(r.writers) > 0
	if !repeated && len(r.writers) < MaxWriters && !slices.Contains(r.writers, credential) {
		r.writers = append(r.writers, credential)
	}
}

// setDirty schedules a comparison of the document with the merge base, and a draft if it differs.
func (r *Record) setDirty(now time.Time) {
	r.dirty = true
	if r.firstEdit.IsZero() {
		r.firstEdit, r.lastEdit = now, now
	}
	if r.unsaved.IsZero() {
		r.unsaved = now
		r.s.unsaved.add(r, now)
	}
}

// setClean notes that the document had the text of the merge base after so many edits. If there are
// later ones, the document stays dirty.
func (r *Record) setClean(edits uint64) {
	if r.edits != edits {
		r.unsaved = r.firstEdit
		r.s.unsaved.add(r, r.unsaved)
		return
	}
	r.dirty, r.firstEdit, r.unsaved = false, time.Time{}, time.Time{}
	r.s.unsaved.remove(r)
}

// SessionChanged notes the session of a peer that has joined, or whose session was replaced; was is
// the credential of the replaced one.
func (r *Record) SessionChanged(a Access, was string) {
	if r == nil {
		return
	}
	now := time.Now()
	if a.Text != nil && !r.base.covers(*a.Text) {
		r.shown = a.Text
	}
	if !a.ReadOnly {
		if r.written && r.writer == was {
			r.writer = a.Credential
		}
		r.failure.retryIfRefused()
		if a.Text != nil || r.pollAt.IsZero() {
			r.schedulePoll(now)
		}
	}
	r.room.Reschedule()
}

// SessionEnded notes that a peer has left.
func (r *Record) SessionEnded(a Access) {
	if r != nil && !a.ReadOnly {
		r.editor, r.hadEditor = a.Credential, true
	}
}

// schedulePoll sets when the record is fetched next.
func (r *Record) schedulePoll(now time.Time) {
	if every := r.s.cfg().Poll; every > 0 {
		r.pollAt = now.Add(every)
	}
}
