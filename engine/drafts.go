package engine

import (
	"context"
	"errors"
	"time"
)

// draftDue is when the document is to be saved as a draft, zero if it need not be:
// when people have paused, or have written for long, and when the room's allowance of drafts permits,
// as each costs two calls of an API that limits them. When all have left it does not wait for that.
func (r *room) draftDue() time.Time {
	rec := &r.record
	if !rec.dirty || rec.base.gone && rec.trouble.refused {
		return time.Time{}
	}
	due := earliest(rec.last.Add(r.e.cfg.DraftQuiet), rec.first.Add(r.e.cfg.DraftInterval))
	if len(r.peers) > 0 {
		due = latest(latest(due, rec.drafts.next(&r.e.cfg)), rec.repeats.next(rec.edits))
	}
	return latest(due, rec.trouble.retryAt)
}

// draftAllowance is a token bucket: Config.DraftBurst drafts at once, and one more each Config.DraftMinInterval.
// It is kept as the time at which it is full again. The zero value is full.
type draftAllowance struct{ full time.Time }

// next is when it permits another draft.
func (a *draftAllowance) next(c *Config) time.Time {
	return a.full.Add(-time.Duration(c.DraftBurst-1) * c.DraftMinInterval)
}

// spend takes a draft off it.
func (a *draftAllowance) spend(now time.Time, c *Config) {
	a.full = latest(a.full, now).Add(c.DraftMinInterval)
}

var (
	errNobody    = errors.New("nobody's credential is at hand")
	errUnsettled = errors.New("record is changed again and again")
)

// maxMerges is how often a draft is saved anew because somebody else has saved one.
const maxMerges = 3

// saveDraft saves what the document says as the draft of its record, unless it says
// what is there. The room's work is held. Its error has been dealt with.
func (r *room) saveDraft(ctx context.Context) (err error) {
	began := time.Now()
	defer func() {
		r.saveEnded(began, err)
		r.e.took(draftSave, r.name, began)
	}()
	for range maxMerges {
		p, ok := r.draft()
		if !ok {
			return nil
		}
		ours, err := r.says(&p)
		if err != nil {
			return err
		}
		if r.saysNothingNew(&p, ours) {
			return nil
		}
		if p.base.gone {
			if err := r.lookAnew(ctx); err != nil {
				return err
			}
			continue
		}
		now, err := r.store(ctx, &p, ours)
		var changed *ChangedError
		switch {
		case err == nil:
			r.savedDraft(&p, now, ours)
			return nil
		case errors.Is(err, ErrNoRecord):
			r.noteGone()
			return err
		case !errors.As(err, &changed):
			return err
		}
		if err := r.consider(ctx, changed.Now); err != nil {
			return err
		}
	}
	return errUnsettled
}

// draft is the page that is saved: what comes later is for the next.
func (r *room) draft() (page, bool) {
	p, ok := r.page()
	if !ok {
		return p, false
	}
	r.lockForWork()
	defer r.mu.Unlock()
	if r.record.edits == p.edits {
		r.record.first = time.Time{}
	}
	return p, true
}

// saysNothingNew is also true of an empty document without a base, which nobody has asked to empty the record.
func (r *room) saysNothingNew(p *page, ours string) bool {
	if p.base.known() && hashOf(ours) != p.base.hash || !p.base.known() && ours != "" {
		return false
	}
	r.lockForWork()
	defer r.mu.Unlock()
	r.inStep(p.edits)
	return true
}

// lookAnew looks whether a record that was gone is there again. Its error is an
// ErrNoRecord if it is not.
func (r *room) lookAnew(ctx context.Context) error {
	if err := r.look(ctx); err != nil {
		return err
	}
	r.lockForWork()
	defer r.mu.Unlock()
	if r.record.base.gone {
		return ErrNoRecord
	}
	return nil
}

// store saves with the first credential that may.
func (r *room) store(ctx context.Context, p *page, markdown string) (now Text, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.e.cfg.RecordTimeout)
	defer cancel()
	err = errNobody
	for _, credential := range p.credentials {
		now, err = r.e.cfg.Records.Save(ctx, r.name, credential, p.base.mark, markdown)
		if !errors.Is(err, ErrCredential) {
			break
		}
	}
	return now, err
}

func (r *room) savedDraft(p *page, saved Text, ours string) {
	r.e.metrics.drafts.Inc()
	hash := hashOf(ours)
	text := r.packDraft(p, ours, hash)
	r.lockForWork()
	defer r.mu.Unlock()
	if r.gone {
		return
	}
	r.rebase(base{mark: saved.Revision, hash: hash, whole: true}, text)
	now := time.Now()
	r.record.drafts.spend(now, &r.e.cfg)
	r.record.contest.saved, r.record.asOf = true, now
	r.inStep(p.edits)
	if !r.record.pollAt.IsZero() {
		r.lookAgain(now)
	}
}

// saveEnded notes how an attempt to save ended that began at a time.
func (r *room) saveEnded(began time.Time, err error) {
	switch {
	case err == nil:
		r.relieved()
	case errors.Is(err, context.Canceled):
	default:
		r.e.metrics.draftFailures.Inc()
		r.failed(began, err)
	}
}
