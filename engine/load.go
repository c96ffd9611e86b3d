package engine

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// load fills the room from the store. A room that cannot be read is not opened:
// starting it empty would lose what is stored as soon as it is saved.
func (r *room) load() {
	defer close(r.loaded)
	defer r.preparing.Store(0) // read begins it
	started := time.Now()
	err := r.read()
	r.e.metrics.loaded(started, err)
	r.e.took(roomLoad, r.name, started)
	if err != nil && !r.beginsAnew(err) {
		r.e.log.Error("room cannot be loaded", slog.String("room", r.name), slog.String("reason", err.Error()))
		r.loadErr = unreadable(err)
		r.abandon()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.filled.Store(true)
	r.emptied, r.durable = time.Now(), r.version
	r.graceEnd = r.emptied.Add(r.e.cfg.Grace)
	if r.e.cfg.Records != nil && r.record.base.known() {
		r.adopt(codec.Trust(prose.MissingProvenance(&r.doc, r.e.cfg.Schema)))
		r.record.retired = prose.Retired(&r.doc, r.e.cfg.Schema)
		r.doubt(r.emptied) // what was not saved when the process ended is saved now
	}
	r.reschedule()
}

func (r *room) abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandonLocked()
}

func (r *room) abandonLocked() {
	r.e.table.drop(r)
	r.ends()
}

// ends is called when the table has forgotten the room; mu is held.
func (r *room) ends() {
	if r.gone = true; r.delayed {
		r.e.metrics.delayedRooms.Dec()
	}
	r.e.clerks.abreast(r) // or the store has it
	r.e.renderings.drop(r.name)
	r.e.metrics.rooms.Dec()
}

// read needs no lock: nobody else has the room yet.
func (r *room) read() error {
	ctx, cancel := context.WithTimeout(r.e.loads, r.e.cfg.StoreTimeout)
	defer cancel()
	if x := &r.e.saver.expirer; x.archive != nil {
		if err := x.loads(ctx, r); err != nil {
			return err
		}
	}
	blob, rows, err := r.e.store.Load(ctx, r.name)
	if err != nil {
		return err
	}
	r.preparing.Add(1)
	b := storedBase{compression: r.e.cfg.Compression}
	if err := r.restore(blob, &b); err != nil {
		return err
	}
	if err := replay(&r.doc, rows, &r.version); err != nil {
		return err
	}
	if err := b.rows(rows); err != nil {
		return err
	}
	r.record.base, r.record.text = b.base, b.merges()
	return nil
}

func (r *room) restore(blob []byte, b *storedBase) error {
	if blob == nil {
		return nil
	}
	s, err := snapshot.Decode(blob, r.e.cfg.MaxDocument)
	if err != nil {
		return err
	}
	doc, err := ydoc.Load(s.State)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	r.doc, r.compacted = *doc, len(s.State)
	r.version, r.saved = s.Version, s.Version
	if err := b.note(s.Note); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	r.record.stored = b.base.turn
	return nil
}
