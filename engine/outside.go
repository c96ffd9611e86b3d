package engine

import (
	"context"
	"errors"

	"github.com/civicpress/civic-realtime/codec"
)

// Refresh looks at a room's record at once, if the room is loaded, with the
// credential of somebody who may write there.
func (e *Engine) Refresh(ctx context.Context, room string) error {
	r := e.table.find(room)
	if r == nil || e.cfg.Records == nil {
		return nil
	}
	select {
	case <-r.loaded:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := r.work.begin(ctx, nil); err != nil {
		return err
	}
	defer r.work.end()
	return r.look(ctx)
}

// look asks what the record is now, and has that take effect. The room's work is held.
func (r *room) look(ctx context.Context) error {
	p, ok := r.page()
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.e.cfg.RecordTimeout)
	defer cancel()
	var now Text
	err := errNobody
	for _, credential := range p.credentials {
		if now, err = r.e.cfg.Records.Fetch(ctx, r.name, credential); !errors.Is(err, ErrCredential) {
			break
		}
	}
	switch {
	case errors.Is(err, ErrNoRecord):
		r.noteGone()
		return nil
	case err != nil:
		r.e.metrics.lookFailures.Inc()
		return err
	}
	return r.consider(ctx, now)
}

// maxDraws is how often an edit is given another client id. Once more is enough,
// unless somebody has an id that is drawn from 2^52 and writes with it at the same moment.
const maxDraws = 3

// consider has the record, as it is now, take effect. The room's work is held. It
// tries again where a client has come to write with the id that the edit was given;
// when that goes on, the next look does.
func (r *room) consider(ctx context.Context, now Text) error {
	if !r.isNewest(now) {
		return nil
	}
	for range maxDraws {
		p, ok := r.page()
		if !ok || p.base.covers(now) {
			return nil
		}
		if done, err := r.considerAs(ctx, p, now); done || err != nil {
			return err
		}
	}
	return nil
}

// isNewest says whether a text was asked for after all that the room knows of its record: answers
// may overtake each other, and an answer to who joins a draft that is being saved.
func (r *room) isNewest(now Text) bool {
	r.lockForWork()
	defer r.mu.Unlock()
	rec := &r.record
	if now.FetchedAt.IsZero() {
		return true
	}
	if now.FetchedAt.Before(rec.asOf) {
		return false
	}
	rec.asOf = now.FetchedAt
	return true
}

// considerAs has it take effect on the document as it was at a moment. It returns
// false if that has changed in a way that matters.
func (r *room) considerAs(ctx context.Context, p page, now Text) (done bool, err error) {
	c, err := r.compare(&p, now)
	if err != nil {
		return false, err
	}
	if c.how == declined && !now.ShowsDrafts {
		return true, nil
	}
	if err := r.mergeOutside(&p, &c); err != nil {
		return false, err
	}
	var update codec.CheckedUpdate
	if c.how == brought || c.how == merged {
		if update, err = r.edit(&p, c.want); err != nil {
			return false, err
		}
	}
	if c.repeated = r.isRepeated(&c); !c.repeated {
		if err := r.keepLoser(ctx, &p, &c); err != nil {
			return false, err
		}
	}
	b := base{mark: now.Revision, hash: hashOf(c.theirs), whole: now.ShowsDrafts}
	pack := r.pack
	if c.ours == c.theirs {
		pack = r.packDraft // perhaps it was saved here, and that was not noted before the process ended
	}
	return r.takeOver(&p, &c, b, pack(&p, c.theirs, b.hash), update, now), nil
}
