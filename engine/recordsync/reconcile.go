package recordsync

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Refresh fetches the record at once, with the credential of a peer that may write. The
// room's lock must not be held.
func (r *Record) Refresh(ctx context.Context) error {
	if err := r.work.lock(ctx, nil); err != nil {
		return err
	}
	defer r.work.unlock()
	return r.fetch(ctx)
}

var (
	errNoCredential = errors.New("nobody's credential is at hand")
	errUnsettled    = errors.New("record is changed again and again")
)

// fetch fetches the record and reconciles the document with it. The work lock is held.
func (r *Record) fetch(ctx context.Context) error {
	d, ok := r.docState()
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.s.cfg().Timeout)
	defer cancel()
	var now Text
	err := errNoCredential
	for _, credential := range d.credentials {
		now, err = r.s.cfg().Records.Fetch(ctx, r.room.Key(), credential)
		if !errors.Is(err, ErrCredential) {
			break
		}
	}
	switch {
	case errors.Is(err, ErrNew) && d.base.known() && !d.base.gone && d.base.revision == "":
		return nil // no draft has created it yet
	case errors.Is(err, ErrNoRecord):
		r.setGone()
		return nil
	case err != nil:
		r.s.metrics.fetchFailures.Inc()
		return err
	}
	return r.reconcile(ctx, now)
}

// maxTries is how often an edit is made, each time with another client id. Two tries are enough
// unless a client writes, at the same moment, with an id that was drawn from 2^52.
const maxTries = 3

// reconcile brings the record's text into the document. The work lock is held. If a client has
// written with the client id of the edit it tries again. After maxTries the next fetch does it.
func (r *Record) reconcile(ctx context.Context, now Text) error {
	if !r.isNewest(now) {
		return nil
	}
	for range maxTries {
		d, ok := r.docState()
		if !ok || d.base.covers(now) {
			return nil
		}
		if done, err := r.reconcileState(ctx, d, now); done || err != nil {
			return err
		}
	}
	return nil
}

// isNewest reports whether a text was requested after all others that were compared. Answers may
// overtake each other, and the text of a session that joins may overtake a draft that is being
// saved.
func (r *Record) isNewest(now Text) bool {
	r.lock()
	defer r.unlock()
	if now.FetchedAt.IsZero() {
		return true
	}
	if now.FetchedAt.Before(r.fetchedAt) {
		return false
	}
	r.fetchedAt = now.FetchedAt
	return true
}

// reconcileState is reconcile for the document as it was at a moment. done is false if a client has
// written with the client id of the edit since then.
func (r *Record) reconcileState(ctx context.Context, d docState, now Text) (done bool, err error) {
	if r.s.updates {
		return true, r.mergeUpdate(ctx, &d, now)
	}
	c, err := r.compare(&d, now)
	if err != nil {
		return false, err
	}
	if c.outcome == keepOurs && !now.ShowsDrafts {
		return true, nil
	}
	if err := r.checkExternal(ctx, &d, &c, now); err != nil {
		return false, err
	}
	if err := r.merge(&d, &c); err != nil {
		return false, err
	}
	var update yjs.CheckedUpdate
	if c.outcome == takeTheirs || c.outcome == takeBoth {
		if update, err = r.edit(&d, c.want); err != nil {
			return false, err
		}
	}
	if c.repeated = r.isRepeated(&c); !c.repeated {
		if err := r.keepLostText(ctx, &d, &c); err != nil {
			return false, err
		}
	}
	return r.commit(&d, &c, now, update), nil
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
		r.s.metrics.external[Edited].Inc()
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
		if theirs, base, err = updateOf(now, r.s.cfg().MaxUpdate); err != nil {
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
