package recordsync

import "time"

// Generation returns how many merge bases the room has had.
func (r *Record) Generation() uint64 {
	if r == nil {
		return 0
	}
	return r.base.generation
}

// Restore sets the stored state of the room: its notes, the generation of the merge base in the
// snapshot, and the users who have written since, as Draft.Writers has them. The lock need not be
// held.
func (r *Record) Restore(notes *Notes, snapshotted uint64, writers []string) {
	r.base, r.text, r.snapshotted = notes.base, notes.text(), snapshotted
	r.claims = notes.claims()
	r.writers = writers
}

// AppendRowNote appends the note of the next row, if there is one, and counts it as journaled.
func (r *Record) AppendRowNote(dst []byte) []byte {
	if !r.unjournaled {
		return dst
	}
	dst = appendNote(dst, r.base, r.text.entry)
	r.text.setJournaled()
	r.unjournaled = false
	return dst
}

// AppendNote appends the note of a snapshot, with the text of the merge base and the earlier ones.
func (r *Record) AppendNote(dst []byte) []byte {
	dst = appendNote(dst, r.base, nil)
	if r.base.known() {
		dst = r.text.appendHistory(dst)
	}
	return dst
}

// AppendShortNote appends the note of a snapshot that stays in memory. It has no texts, as they are
// in memory as well.
func (r *Record) AppendShortNote(dst []byte) []byte { return appendNote(dst, r.base, nil) }

// Unsnapshotted reports whether the newest snapshot has an older merge base.
func (r *Record) Unsnapshotted() bool { return r != nil && r.base.generation > r.snapshotted }

// Snapshotted notes that a snapshot has the merge base of a generation.
func (r *Record) Snapshotted(generation uint64) {
	if r != nil {
		r.snapshotted = generation
	}
}

// AppendRowClaims appends the claims for the next row, and counts them as journaled.
func (r *Record) AppendRowClaims(dst []byte) []byte {
	c := r.claims
	if c == nil || c.unjournaled == 0 {
		return dst
	}
	first := len(c.hashes) - c.unjournaled
	c.unjournaled, c.inRow = 0, true
	return appendClaims(dst, r.base.generation, c.hashes[first:])
}

// AppendClaims appends the claims for a snapshot.
func (r *Record) AppendClaims(dst []byte) []byte {
	if r == nil || r.claims == nil {
		return dst
	}
	return appendClaims(dst, r.base.generation, r.claims.hashes)
}

// RowDurable notes that the newest row is durable.
func (r *Record) RowDurable() {
	if r == nil || r.claims == nil {
		return
	}
	if r.claims.inRow = false; r.claims.unjournaled == 0 {
		r.claims.endWait()
	}
}

// RowDelayed notes that the store takes long. A draft that waits for its claim is saved without.
func (r *Record) RowDelayed() {
	if r != nil {
		r.claims.endWait()
	}
}

// dropClaims is called when the room has another merge base.
func (r *Record) dropClaims() {
	r.claims.endWait()
	r.claims = nil
}

// setBase makes b, with a text, the merge base, to be journaled with the next row.
func (r *Record) setBase(b mergeBase, text textChange) {
	b.generation = r.base.generation
	if b.known() && b == r.base && (text.text == nil || r.text.current != nil) {
		return
	}
	b.generation++
	r.base, r.unjournaled = b, true
	r.text.set(text)
	r.dropClaims()
	r.room.FlushSoon(time.Now())
}

// setGone notes that the record was deleted. Unsaved edits stay in the document, but are not
// saved to another record of the same name.
func (r *Record) setGone() {
	r.lock()
	defer r.unlock()
	b := r.base
	if r.room.Closed() || !b.known() || b.gone {
		return
	}
	b.gone = true
	r.setBase(b, textChange{text: r.text.current})
	r.room.Reschedule()
	r.log().Info("record is gone; what was not saved to it is kept")
}

// ShowsPublished reports whether the document has the published text, and had it at version
// durable.
func (r *Record) ShowsPublished(durable uint64) bool {
	return r.published.current && r.published.hiddenAt <= durable
}

// IsPublished reports whether the document is known to have the published text. If shown is not
// nil, it must be that text.
func (r *Record) IsPublished(shown *Text) bool {
	p := &r.published
	return p.current && (shown == nil || shown.Revision != "" && shown.Revision == p.revision)
}

// SetUnpublished notes that the document may have unpublished text from this version on, and
// makes the room close the peers that may not see it.
func (r *Record) SetUnpublished() {
	r.published.current, r.published.hiddenAt = false, r.room.Version()
	r.room.CloseRestricted()
}

// notePublished updates published after a text has become the merge base.
func (r *Record) notePublished(text Text, settled bool) {
	if text.Draft || !settled {
		r.SetUnpublished()
		return
	}
	r.published.set(text.Revision)
}
