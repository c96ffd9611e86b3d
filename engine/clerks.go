package engine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// clerks see to it that rooms and records agree: they look at records, and save
// drafts. Apart from flusher and saver, as the records may not answer for long.
type clerks struct {
	crew[*room]
	e        *Engine
	ctx      context.Context // done when draining begins
	end      context.CancelFunc
	failing  atomic.Bool // it has been logged that drafts are not saved
	contests logPause

	unsavedMu sync.Mutex          // a leaf
	unsaved   map[*room]time.Time // since when
}

func newClerks(e *Engine) *clerks {
	c := &clerks{e: e, unsaved: make(map[*room]time.Time)}
	c.do, c.running = c.attend, &e.running
	c.ctx, c.end = context.WithCancel(context.Background())
	return c
}

// stop has nothing more looked at, nor saved, until last.
func (c *clerks) stop() {
	c.end()
	c.clear()
}

// attend does what is due in a room whose busy has been set.
func (c *clerks) attend(r *room) {
	var ended error
	defer r.guard(&ended)
	if r.work.begin(c.ctx, c) != nil {
		return
	}
	defer r.work.end()
	if c.ctx.Err() != nil {
		return
	}
	text, look, save := r.duties(time.Now())
	if text != nil {
		c.note(r, r.consider(c.ctx, *text))
	}
	if look {
		c.note(r, r.look(c.ctx))
	}
	if save {
		_ = r.saveDraft(c.ctx)
	}
	r.dismiss()
}

func (c *clerks) note(r *room, err error) {
	if err != nil {
		c.e.log.Debug("record not looked at", slog.String("room", r.name), slog.String("reason", err.Error()))
	}
}

// duties says what is due. A text that was shown of late is as good as a look.
func (r *room) duties(now time.Time) (text *Text, look, save bool) {
	r.lockForWork()
	defer r.mu.Unlock()
	rec := &r.record
	text, rec.told = rec.told, nil
	if reached(rec.pollAt, now) {
		rec.pollAt = time.Time{}
		if look = r.hasEditor(); look {
			r.lookAgain(now)
		}
	}
	return text, look && text == nil, reached(r.draftDue(), now)
}

// dismiss ends what add began.
func (r *room) dismiss() {
	r.lockForWork()
	defer r.mu.Unlock()
	r.record.busy = false
	r.reschedule()
}
