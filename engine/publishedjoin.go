package engine

import (
	"context"
	"errors"
	"time"
)

// showPublished prepares the room for who may see only what is published, or says why that cannot be.
func (r *room) showPublished(ctx context.Context, who *Identity) error {
	if !who.PublishedOnly || r.e.cfg.Records == nil {
		return nil
	}
	if r.isPublished(who.Text) {
		return nil
	}
	if err := r.work.begin(ctx, nil); err != nil {
		return err
	}
	defer r.work.end()
	ctx, cancel := context.WithTimeout(ctx, r.e.cfg.RecordTimeout)
	defer cancel()
	if !r.saysPublished(who.Text) {
		text, err := r.publishedText(ctx, who)
		if err == nil {
			err = r.findPublished(ctx, text)
		}
		if err != nil {
			return err
		}
	}
	return r.dropDeleted()
}

// isPublished says whether there is nothing to prepare, without waiting for who compares the
// document with its record or saves it.
func (r *room) isPublished(shown *Text) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.published.isOf(shown) && r.sealed == nil && r.hasNothingDeleted()
}

// saysPublished says whether it is known that the document says what is published, which is what
// somebody has just been shown, if that is known.
func (r *room) saysPublished(shown *Text) bool {
	r.lockForWork()
	defer r.mu.Unlock()
	return r.published.isOf(shown)
}

// publishedText is the record as who is shown it. It is not asked for each time that somebody
// comes back who was refused.
func (r *room) publishedText(ctx context.Context, who *Identity) (text Text, err error) {
	if who.Text != nil {
		return *who.Text, nil
	}
	r.lockForWork()
	denied := r.published.deniedAt
	r.mu.Unlock()
	if !denied.IsZero() && time.Since(denied) < r.e.cfg.RecordPoll {
		return text, errUnpublished
	}
	text, err = r.e.cfg.Records.Fetch(ctx, r.name, who.Credential)
	if errors.Is(err, ErrCredential) || errors.Is(err, ErrNoRecord) {
		return text, errUnpublished
	}
	return text, r.noBeginning(err)
}

// findPublished compares the document with what is published, and brings it to that where it says
// what was published before and nobody is here who may write.
func (r *room) findPublished(ctx context.Context, text Text) error {
	for range maxDraws {
		p, ok := r.page()
		if !ok {
			return nil // join will see
		}
		c, err := r.compare(&p, text)
		switch {
		case err != nil, p.more:
			return r.denyPublished()
		case c.ours == c.theirs:
			if r.notePublished(p.version, text) {
				return nil
			}
			continue
		case !r.goesBackToPublished(&p, c.ours):
			return r.denyPublished()
		}
		if _, err := r.considerAs(ctx, p, text); err != nil {
			return r.noBeginning(err)
		}
	}
	return r.denyPublished()
}

// goesBackToPublished says whether a document that says ours, and that nobody writes, goes back to something published.
func (r *room) goesBackToPublished(p *page, ours string) bool {
	r.lockForWork()
	defer r.mu.Unlock()
	b := p.base
	return b.known() && !b.gone && b.mark != "" && !r.e.cfg.Records.IsDraft(b.mark) && hashOf(ours) == b.hash && !r.hasEditor()
}

// notePublished returns false if the document has changed since.
func (r *room) notePublished(version uint64, text Text) bool {
	r.lockForWork()
	defer r.mu.Unlock()
	if r.version != version {
		return false
	}
	r.published.says, r.published.mark, r.published.deniedAt = true, text.Revision, time.Time{}
	return true
}

func (r *room) denyPublished() error {
	r.lockForWork()
	defer r.mu.Unlock()
	r.published.says, r.published.deniedAt = false, time.Now()
	r.e.metrics.unpublished.Inc()
	return errUnpublished
}

// dropDeleted takes out of the document what is deleted in it.
func (r *room) dropDeleted() error {
	for range maxDraws {
		state, version := r.deleting()
		if state == nil {
			return nil
		}
		if r.e.cfg.KeepHistory {
			break // others' clients want what is deleted
		}
		r.compact(state, version)
	}
	return r.denyPublished()
}

// deleting returns the document if something of what is deleted may be in it.
func (r *room) deleting() (state []byte, version uint64) {
	r.lockForWork()
	defer r.mu.Unlock()
	if r.gone || r.unseal() != nil || r.hasNothingDeleted() {
		return nil, 0
	}
	return r.doc.AppendState(nil), r.version
}

func (r *room) hasNothingDeleted() bool {
	return r.published.cleanAt == r.version || !r.doc.HasDeletes()
}
