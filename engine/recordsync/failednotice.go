package recordsync

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// Notices about drafts that are not saved.
const (
	NoticeNotSaved   = "Your changes are kept here, but cannot be saved to the record at the moment"
	NoticeSavedAgain = "Your changes are saved to the record again"
)

// saveEnded notes how an attempt to save ended.
func (r *Record) saveEnded(began time.Time, err error) {
	switch {
	case err == nil:
		r.saveSucceeded()
	case errors.Is(err, context.Canceled):
	default:
		r.saveFailed(began, err)
	}
}

// saveFailed notes a failure and schedules the next attempt.
func (r *Record) saveFailed(began time.Time, err error) {
	r.lock()
	defer r.unlock()
	f := &r.failure
	now := time.Now()
	if r.firstEdit.IsZero() {
		r.firstEdit = now
	}
	if f.began.IsZero() {
		f.began = began
	}
	f.refused = errors.Is(err, ErrCredential) || errors.Is(err, ErrNoRecord)
	f.err = err
	if errors.As(err, new(*unclaimedError)) && !f.notified {
		f.retryAt = now.Add(claimPause)
		return
	}
	if f.backoff == nil {
		f.backoff = newBackoff()
	}
	f.retryAt = now.Add(f.backoff.NextBackOff())
	r.reportFailure()
}

// reportFailure counts a failure, and reports the first of several in a row. The room's lock is
// held.
func (r *Record) reportFailure() {
	r.s.metrics.draftFailures.Inc()
	if f := &r.failure; !f.reported {
		f.reported = true
		r.s.logFailure(r, f.err)
		r.s.cfg().SaveFailed(r.room.Key().String(), f.err)
	}
}

// saveSucceeded ends a failure.
func (r *Record) saveSucceeded() {
	r.lock()
	defer r.unlock()
	if r.endFailure() {
		r.room.Notify(protocol.Info, NoticeSavedAgain)
		r.room.DraftsWork()
	}
}

// endFailure ends a failure, if there is one, and reports whether peers were notified of it. The
// room's lock is held.
func (r *Record) endFailure() (notified bool) {
	f := r.failure
	r.failure = saveFailure{}
	if !f.began.IsZero() {
		r.s.logRecovery(r, f.began)
	}
	return f.notified
}

// FailureNoticeDue returns when NotifyFailure is to be called, zero if never.
func (r *Record) FailureNoticeDue() time.Time {
	if r == nil || r.failure.began.IsZero() || r.failure.notified {
		return time.Time{}
	}
	return r.failure.began.Add(r.s.cfg().Drafts.Patience)
}

// NotifyFailure notifies peers that their changes are not saved to the record. A draft that was not
// claimed counts as a failure from then on.
func (r *Record) NotifyFailure() {
	if r.failure.notified = true; !r.failure.reported {
		r.reportFailure()
	}
	r.room.Notify(protocol.Warning, NoticeNotSaved)
	r.room.DraftsFail()
}

// logFailure logs that drafts are not saved, once for all rooms that fail at the same time.
func (s *Syncer) logFailure(r *Record, err error) {
	if !s.failing.Swap(true) {
		r.log().Error("drafts cannot be saved; they are kept and tried again", reason(err))
	}
}

func (s *Syncer) logRecovery(r *Record, began time.Time) {
	if s.failing.Swap(false) {
		r.log().Info("drafts can be saved again", slog.Duration("after", time.Since(began)))
	}
}
