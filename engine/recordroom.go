package engine

import (
	"context"
	"iter"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// recordRoom is a room as its record knows it.
type recordRoom room

var _ recordsync.Room = (*recordRoom)(nil)

func (rr *recordRoom) Key() roomkey.Key { return rr.key }

func (rr *recordRoom) TryLock() bool { return rr.mu.TryLock() }

func (rr *recordRoom) Lock() { (*room)(rr).lockTimed() }

func (rr *recordRoom) Unlock() { rr.mu.Unlock() }

func (rr *recordRoom) Recover() {
	if cause := recover(); cause != nil {
		(*room)(rr).crash(cause)
	}
}

func (rr *recordRoom) Quarantine(ctx context.Context) error { return (*room)(rr).quarantine(ctx) }

func (rr *recordRoom) DropDeleted() bool { return (*room)(rr).dropDeleted() }

func (rr *recordRoom) OverBudget() { (*room)(rr).overBudget() }

func (rr *recordRoom) Closed() bool { return rr.state == stateGone || (*room)(rr).isFrozen() }

func (rr *recordRoom) Occupied() bool { return len(rr.peers) > 0 }

func (rr *recordRoom) Version() uint64 { return rr.version }

func (rr *recordRoom) Compressed() bool { return rr.compressed.blob != nil }

func (rr *recordRoom) Editors() iter.Seq[string] {
	return func(yield func(credential string) bool) {
		for _, p := range rr.peers {
			if !p.identity.ReadOnly && !yield(p.identity.Credential) {
				return
			}
		}
	}
}

func (rr *recordRoom) State() (state []byte, compressed bool) {
	if rr.compressed.blob != nil {
		return rr.compressed.blob, true
	}
	return rr.doc.AppendState(nil), false
}

func (rr *recordRoom) Document() (*ydoc.Doc, error) {
	err := (*room)(rr).decompress()
	return &rr.doc, err
}

func (rr *recordRoom) Apply(update yjs.CheckedUpdate) { (*room)(rr).adopt(update, Author{}) }

func (rr *recordRoom) ApplySnapshot(update yjs.CheckedUpdate, version uint64, form []byte) {
	r := (*room)(rr)
	if r.decompress() != nil {
		return
	}
	r.adoptRow(update, authors.Whole(form), r.authors.ReplayOther())
	rr.version = max(rr.version, version)
}

func (rr *recordRoom) Authors() []byte { return (*room)(rr).authorsForm() }

func (rr *recordRoom) FlushSoon(now time.Time) { (*room)(rr).scheduleFlush(now) }

func (rr *recordRoom) Delayed() bool { return rr.commit.delayed }

func (rr *recordRoom) Reschedule() { (*room)(rr).reschedule() }

func (rr *recordRoom) Notify(level, text string) { (*room)(rr).notify(level, text) }

func (rr *recordRoom) DraftSaved(version uint64) {
	(*room)(rr).announce(DocumentStored, version, nil)
}

func (rr *recordRoom) DraftsFail() {
	(*room)(rr).announce(StoringFails, rr.commit.durable, nil)
}

func (rr *recordRoom) DraftsWork() {
	(*room)(rr).announce(StoringWorks, rr.commit.durable, nil)
}

func (rr *recordRoom) CloseRestricted() { (*room)(rr).closeRestricted() }

// adopt merges an update that no peer sent, and that counts as the author's. All peers are sent it,
// also the author of another update in the same flush. mu is held.
func (r *room) adopt(u yjs.CheckedUpdate, by Author) {
	if !r.isFrozen() && r.decompress() == nil && r.applyBy(u, by).Changed {
		r.adopted(u)
	}
}

// adoptRow is adopt for the update of a row, with the form of its authors. mu is held.
func (r *room) adoptRow(u yjs.CheckedUpdate, form []byte, replay *authors.Replay) {
	if !r.isFrozen() && stored.Apply(&r.doc, u, form, replay).Changed {
		r.adopted(u)
	}
}

// adopted notes that an update was merged that no peer sent. mu is held.
func (r *room) adopted(u yjs.CheckedUpdate) {
	r.version++
	r.recent++
	r.commit.joint, r.compressed.tried = true, false
	now := time.Now()
	r.scheduleFlush(now)
	r.compactIfFreed(u, now)
}
