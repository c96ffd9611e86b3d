package recordsync

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// draftDue returns when the document is to be saved as a draft, zero if it need not be: when
// users have paused, or have written for long, and when the room's allowance of drafts
// permits, as each costs two calls of an API with a rate limit. When all peers have left the
// allowance does not matter.
func (r *Record) draftDue() time.Time {
	if !r.dirty || r.base.gone && r.failure.refused {
		return time.Time{}
	}
	quiet, interval := r.s.cfg.Drafts.Quiet, r.s.cfg.Drafts.Interval
	due := schedule.Earliest(r.lastEdit.Add(quiet), r.firstEdit.Add(interval))
	if r.room.Occupied() {
		due = schedule.Latest(schedule.Latest(due, r.drafts.next(&r.s.cfg.Drafts)), r.repeats.next(r.edits))
	}
	return schedule.Latest(due, r.failure.retryAt)
}

// maxMerges is how many times a draft is merged and saved again because another program has
// saved one meanwhile.
const maxMerges = 3

// saveDraft saves the document as the draft of its record, unless the record has that text.
// The work lock is held. Its error has been reported.
func (r *Record) saveDraft(ctx context.Context) (err error) {
	began := time.Now()
	defer func() {
		r.saveEnded(began, err)
		r.s.cfg.SaveTook(r.room.Key().String(), began)
	}()
	for range maxMerges {
		if done, err := r.trySaveDraft(ctx); done || err != nil {
			return err
		}
	}
	return errUnsettled
}

// trySaveDraft returns false if the record was changed meanwhile; the document is reconciled then.
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

// draftState is the state that is saved: later edits are for the next draft.
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

// hasNothingToSave is also true for an empty document without a merge base: that is no wish to
// empty the record.
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

// save saves with the first credential that is permitted to.
func (r *Record) save(ctx context.Context, d *docState, markdown string) (now Text, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.s.cfg.Timeout)
	defer cancel()
	err = errNoCredential
	for _, credential := range d.credentials {
		now, err = r.s.cfg.Records.Save(ctx, r.room.Key(), credential, d.base.revision, markdown)
		if !errors.Is(err, ErrCredential) {
			break
		}
	}
	return now, err
}

// saved notes that ours is the draft of the record.
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
	at := time.Now()
	r.drafts.spend(at, &r.s.cfg.Drafts)
	r.alternation.saved, r.fetchedAt = true, at
	r.setClean(d.edits)
	if !r.pollAt.IsZero() {
		r.schedulePoll(at)
	}
}
