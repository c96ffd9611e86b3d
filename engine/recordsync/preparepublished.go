package recordsync

import (
	"context"
	"errors"
	"time"
)

// PreparePublished prepares the document for a peer that may see only published text. Afterwards
// the document has that text, and no deleted content, which may have been in a draft. The error is
// ErrUnpublished, ctx's or a *BeginError. The room's lock must not be held.
func (r *Record) PreparePublished(ctx context.Context, a Access) error {
	if err := r.work.lock(ctx, nil); err != nil {
		return err
	}
	defer r.work.unlock()
	ctx, cancel := context.WithTimeout(ctx, r.s.cfg().Timeout)
	defer cancel()
	if !r.isPublished(a.Text) {
		text, err := r.publishedText(ctx, a)
		if err == nil {
			err = r.matchPublished(ctx, text)
		}
		if err != nil {
			return err
		}
	}
	if !r.room.DropDeleted() {
		return r.denyPublished()
	}
	return nil
}

func (r *Record) isPublished(shown *Text) bool {
	r.lock()
	defer r.unlock()
	return r.IsPublished(shown)
}

// publishedText returns the record's text as a session is shown it. After a denial it does not
// fetch it again before Config.Poll has passed.
func (r *Record) publishedText(ctx context.Context, a Access) (text Text, err error) {
	if a.Text != nil {
		return *a.Text, nil
	}
	r.lock()
	denied := r.published.deniedAt
	r.unlock()
	if !denied.IsZero() && time.Since(denied) < r.s.cfg().Poll {
		return text, ErrUnpublished
	}
	text, err = r.s.cfg().Records.Fetch(ctx, r.room.Key(), a.Credential)
	if errors.Is(err, ErrCredential) || errors.Is(err, ErrNoRecord) {
		return text, ErrUnpublished
	}
	return text, r.cannotBegin(err)
}

// matchPublished compares the document with the published text. If the document has the text that
// was published before, and there are no editors, it is changed to the new one.
func (r *Record) matchPublished(ctx context.Context, text Text) error {
	for range maxTries {
		d, ok := r.docState()
		if !ok {
			return nil // the join fails for the same reason
		}
		c, err := r.compare(&d, text)
		switch {
		case err != nil, d.more:
			return r.denyPublished()
		case c.ours == c.theirs:
			if r.notePublishedAt(d.version, text) {
				return nil
			}
			continue
		case !r.wasPublished(&d, c.ours):
			return r.denyPublished()
		}
		if _, err := r.reconcileState(ctx, d, text); err != nil {
			return r.cannotBegin(err)
		}
	}
	return r.denyPublished()
}

// wasPublished reports whether the document has no editors, and ours is a published text that was
// its merge base.
func (r *Record) wasPublished(d *docState, ours string) bool {
	r.lock()
	defer r.unlock()
	b := d.base
	if !b.known() || b.gone || b.revision == "" || r.s.cfg().Records.IsDraft(b.revision) {
		return false
	}
	return hashOf(ours) == b.hash && !r.hasEditor()
}

// notePublishedAt notes that the document has a published text, and returns false if it has changed
// since a version.
func (r *Record) notePublishedAt(version uint64, text Text) bool {
	r.lock()
	defer r.unlock()
	if r.room.Version() != version {
		return false
	}
	r.published.set(text.Revision)
	return true
}

func (r *Record) denyPublished() error {
	r.lock()
	defer r.unlock()
	r.published.current, r.published.deniedAt = false, time.Now()
	r.s.metrics.unpublished.Inc()
	return ErrUnpublished
}

// ErrUnpublished means that the document has text that is not published.
var ErrUnpublished = errors.New("record has unpublished changes")
