package recordsync

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// draftDue returns when the document is to be saved as a draft, zero if it need not be: as soon as
// users pause, or have written for long, but not before the room's allowance of drafts permits it.
// Each draft costs two calls of an API with a rate limit. When all peers have left, the allowance
// does not matter.
func (r *Record) draftDue() time.Time {
	if !r.dirty || r.base.gone && r.failure.refused {
		return time.Time{}
	}
	quiet, interval := r.s.cfg().Drafts.Quiet, r.s.cfg().Drafts.Interval
	due := schedule.Earliest(r.lastEdit.Add(quiet), r.firstEdit.Add(interval))
	if r.room.Occupied() {
		due = schedule.Latest(due, r.drafts.next(&r.s.cfg().Drafts))
		due = schedule.Latest(due, r.repeats.next(r.edits))
	}
	return schedule.Latest(due, r.failure.retryAt)
}

// maxMerges is how often saving a draft is tried if each time another program has changed the
// record meanwhile, and is merged.
const maxMerges = 3

// saveDraft saves the document as the draft of its record, unless the record has that text. The
// work lock is held. Before it returns an error it notes the failure.
func (r *Record) saveDraft(ctx context.Context) (err error) {
	began := time.Now()
	defer func() {
		r.saveEnded(began, err)
		r.s.cfg().SaveTook(r.room.Key().String(), began)
	}()
	for range maxMerges {
		if done, err := r.trySaveDraft(ctx); done || err != nil {
			return err
		}
	}
	return errUnsettled
}

// trySaveDraft makes one attempt. done is false if the record was changed meanwhile; then the
// document has been reconciled with it.
func (r *Record) trySaveDraft(ctx context.Context) (done bool, err error) {
	d, ok := r.draftState()
	if !ok {
		return true, nil
	}
	ours, err := r.render(&d)
	if err != nil {
		return false, err
	}
	if r.hasNothingToSave(&d, ours) {
		return true, nil
	}
	if d.base.gone {
		return false, r.fetchAgain(ctx)
	}
	now, err := r.save(ctx, &d, ours)
	var changed *ChangedError
	switch {
	case err == nil:
		r.saved(&d, now, ours)
		return true, nil
	case errors.Is(err, ErrNoRecord):
		r.setGone()
		return false, err
	case !errors.As(err, &changed):
		return false, err
	}
	return false, r.reconcile(ctx, changed.Now)
}

// draftState returns the state to be saved. Later edits belong to the next draft.
func (r *Record) draftState() (docState, bool) {
	d, ok := r.docState()
	if !ok {
		return d, false
	}
	r.lock()
	defer r.unlock()
	if r.edits == d.edits {
		r.firstEdit = time.Time{}
	}
	return d, true
}

// hasNothingToSave reports whether the document has the text of the merge base, and notes that. It
// is also true for an empty document without a merge base, as no user has emptied the record.
func (r *Record) hasNothingToSave(d *docState, ours string) bool {
	if d.base.known() && hashOf(ours) != d.base.hash || !d.base.known() && ours != "" {
		return false
	}
	r.lock()
	defer r.unlock()
	r.setClean(d.edits)
	return true
}

// fetchAgain fetches a record that was deleted, as it may be restored. Its error is an
// ErrNoRecord if it is not.
func (r *Record) fetchAgain(ctx context.Context) error {
	if err := r.fetch(ctx); err != nil {
		return err
	}
	r.lock()
	defer r.unlock()
	if r.base.gone {
		return ErrNoRecord
	}
	return nil
}

// save saves with the first credential that permits it.
func (r *Record) save(ctx context.Context, d *docState, markdown string) (now Text, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.s.cfg().Timeout)
	defer cancel()
	ctx, cancel, err = r.claim(ctx, d, markdown)
	if err != nil {
		return now, err
	}
	defer cancel()
	defer func(began time.Time) { r.s.metrics.saves.UpdateDuration(began) }(time.Now())
	err = errNoCredential
	for _, credential := range d.credentials {
		now, err = r.saveAs(ctx, d, credential, markdown)
		if !errors.Is(err, ErrCredential) {
			break
		}
	}
	return now, err
}

// saveAs saves with one credential.
func (r *Record) saveAs(
	ctx context.Context, d *docState, credential, markdown string,
) (Text, error) {
	records := r.s.cfg().Records
	whole, ok := records.(DocumentRecords)
	if !ok {
		return records.Save(ctx, r.room.Key(), credential, d.base.revision, markdown)
	}
	draft := Draft{
		Credential: credential, Since: d.base.revision, Markdown: markdown,
		Version: d.version, Writers: d.writers,
	}
	if whole.HoldUpdates() {
		draft.Markdown, draft.Update = "", d.state
	}
	return whole.SaveDraft(ctx, r.room.Key(), draft)
}

// saved makes ours, which is the draft of the record now, the merge base.
func (r *Record) saved(d *docState, now Text, ours string) {
	r.s.metrics.drafts.Inc()
	hash := hashOf(ours)
	text := r.changeToDraft(d, ours, hash)
	r.lock()
	defer r.unlock()
	if r.room.Closed() {
		return
	}
	r.setBase(mergeBase{revision: now.Revision, hash: hash, showsDrafts: true}, text)
	r.room.DraftSaved(d.version)
	at := time.Now()
	r.savedAt = at.UnixNano()
	if r.edits == d.edits {
		r.writers = nil
	}
	r.drafts.spend(at, &r.s.cfg().Drafts)
	r.alternation.saved, r.fetchedAt = true, at
	r.setClean(d.edits)
	if !r.pollAt.IsZero() {
		r.schedulePoll(at)
	}
}

// DraftDue returns when the document is to be saved as a draft; zero if there is nothing to save.
func (r *Record) DraftDue() time.Time {
	if r == nil {
		return time.Time{}
	}
	return r.draftDue()
}

// UnsavedSince returns when the oldest edit was made that is in no draft; zero if there is none.
func (r *Record) UnsavedSince() time.Time {
	if r == nil {
		return time.Time{}
	}
	return r.unsaved
}

// SavedAt returns when the last draft was saved; zero if none was since the room was loaded.
func (r *Record) SavedAt() time.Time {
	if r == nil || r.savedAt == 0 {
		return time.Time{}
	}
	return time.Unix(0, r.savedAt)
}

// Failing reports whether the last attempt to save a draft failed.
func (r *Record) Failing() bool { return r != nil && !r.failure.began.IsZero() }
