package engine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// maxClerks is how many rooms are looked after at a time.
const maxClerks = 4

// clerks see to it that rooms and records agree: they look at records, and save
// drafts. Apart from flusher and saver, as the records may not answer for long.
// Their goroutines live while there is something to do.
type clerks struct {
	e       *Engine
	ctx     context.Context // done when draining begins
	stop    context.CancelFunc
	failing atomic.Bool // it has been logged that drafts are not saved

	mu      sync.Mutex // a leaf
	queue   []*room
	workers int
	unsaved map[*room]time.Time // since when
}

func newClerks(e *Engine) *clerks {
	c := &clerks{e: e, unsaved: make(map[*room]time.Time)}
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c
}

// add queues a room whose busy has just been set.
func (c *clerks) add(r *room) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, r)
	if c.workers < maxClerks {
		c.workers++
		c.e.running.Go(c.run)
	}
}

func (c *clerks) run() {
	for r := c.next(); r != nil; r = c.next() {
		c.attend(r)
	}
}

// next returns nil when the worker is to end.
func (c *clerks) next() *room {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 || c.ctx.Err() != nil {
		c.queue = nil
		c.workers--
		return nil
	}
	r := c.queue[0]
	c.queue[0] = nil
	c.queue = c.queue[1:]
	return r
}

// attend does what is due in a room.
func (c *clerks) attend(r *room) {
	var ended error
	defer r.guard(&ended)
	if r.work.begin(c.ctx) != nil {
		return
	}
	defer r.work.end()
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
	r.mu.Lock()
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
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record.busy = false
	r.reschedule()
}
