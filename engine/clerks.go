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

// behind notes since when a room has edits that are in no draft; room.mu is held.
func (c *clerks) behind(r *room, since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsaved[r] = since
}

func (c *clerks) abreast(r *room) {
	if c.e.cfg.Records == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.unsaved, r)
}

// oldest is for how long the oldest edit has been in no draft, in seconds.
func (c *clerks) oldest() (seconds float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, since := range c.unsaved {
		seconds = max(seconds, time.Since(since).Seconds())
	}
	return seconds
}

func (c *clerks) count() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return float64(len(c.unsaved))
}

// last saves the drafts of rooms, once each, until ctx is done, and logs how many are not.
func (c *clerks) last(ctx context.Context, rooms []*room) {
	if c.e.cfg.Records == nil {
		return
	}
	var left atomic.Int64
	var workers sync.WaitGroup
	todo := make(chan *room)
	for range maxClerks {
		workers.Go(func() {
			for r := range todo {
				if !c.lastOf(ctx, r) {
					left.Add(1)
				}
			}
		})
	}
	for _, r := range rooms {
		if r.isDirty() {
			todo <- r
		}
	}
	close(todo)
	workers.Wait()
	if n := left.Load(); n > 0 {
		c.e.log.Warn("drafts not saved; they are in the store", slog.Int64("rooms", n))
	}
}

func (c *clerks) lastOf(ctx context.Context, r *room) (saved bool) {
	var ended error
	defer r.guard(&ended)
	if r.work.begin(ctx) != nil {
		return false
	}
	defer r.work.end()
	return r.saveDraft(ctx) == nil && !r.isDirty()
}

func (r *room) isDirty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.gone && r.record.dirty
}
