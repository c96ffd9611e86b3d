package engine

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// load fills the room from the store. A room that cannot be read is not opened: if it started
// empty, its next snapshot would replace the stored state.
func (r *room) load() {
	defer close(r.loaded)
	defer r.guard(&r.loadErr)
	defer r.preparing.Store(false) // read sets it
	if err := r.e.leases.take(r); err != nil {
		r.loadErr = r.e.leases.notLeased(r, err)
		r.removal().end(r.loadErr, errMoved)
		r.abandon()
		return
	}
	r.leased.Store(true)
	if b := r.removal(); b != nil {
		r.remove(b)
		return
	}
	started := time.Now()
	err := r.read()
	r.e.logSlow(roomLoad, r.name, started)
	if isNotOwner(err) || isUnreachable(err) { // no failure of this node
		r.loadErr = r.e.leases.notLeased(r, err)
		r.abandon()
		return
	}
	if err == errDeleted {
		r.e.metrics.deletedJoins.Inc()
		r.loadErr = err
		r.abandon()
		return
	}
	r.e.metrics.loaded(started, err)
	if err != nil && !r.beginsAnew(err) {
		r.e.log.Error("room cannot be loaded", slog.String("room", r.name), reason(err))
		r.e.publishFailure(events.FailedLoad, r.name, err)
		r.loadErr = unreadable(err)
		r.abandon()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.filled.Store(true)
	r.locked = r.e.isLocked(r.key) // which may have changed while it was loading
	r.state = stateIdle
	r.emptied, r.commit.durable = time.Now(), r.version
	r.graceEnd = r.emptied.Add(r.e.cfg().Grace)
	r.record.Loaded(r.emptied)
	r.reschedule()
}

// remove does what the room is there for, instead of loading, and ends it. Joins that have waited,
// and the peers that there were, come back if it fails.
func (r *room) remove(b *removal) {
	err, refusal := b.apply(r), b.refusal
	if err != nil {
		refusal = errReloaded
	}
	b.end(err, refusal)
	r.loadErr = refusal
	r.abandon()
}

// end sets the result of the removal, and closes the peers of the room before it. b may be nil.
func (b *removal) end(err error, why *CloseError) {
	if b == nil {
		return
	}
	if b.err = err; b.old != nil {
		b.old.runLocked(func() { b.old.closeAll(why) })
	}
}

// abandon ends the room without saving it.
func (r *room) abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandonLocked()
}

// read reads the stored state. It needs no lock, as no other goroutine has the room yet.
func (r *room) read() error {
	ctx, cancel := context.WithTimeout(r.e.loads, r.e.cfg().StoreTimeout)
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
	if stored.Deleted(blob, rows).At != 0 {
		return errDeleted
	}
	r.preparing.Store(true)
	notes := recordsync.Notes{Compression: r.e.cfg().Compression}
	if err := r.restore(blob, rows, &notes); err != nil {
		return err
	}
	users, err := stored.ReplayUsers(&r.doc, rows, &r.version, r.authors, afterNote(rows))
	if err != nil {
		return err
	}
	snapshotted := notes.Generation()
	if err := stored.AddFields(&notes, &r.incarnation, rows); err != nil {
		return err
	}
	kept := carried{former: stored.FormerOf(blob, rows)}
	if blob == nil && len(rows) == 0 {
		r.incarnate()
		r.fresh = true
	}
	r.e.leases.raiseVersion(r)
	if r.record == nil {
		kept.note = notes.Append(nil)
	} else {
		r.record.Restore(&notes, snapshotted, idsOf(users))
	}
	r.carry(kept)
	return nil
}

// afterNote returns the index of the last row that has a merge base, 0 if none has: that row and
// those after it have what was written since.
func afterNote(rows [][]byte) (from int) {
	for i, row := range rows {
		if _, f, _, err := stored.SplitRow(row); err == nil && f.Note != nil {
			from = i
		}
	}
	return from
}

// idsOf returns the ids of users, each once, at most recordsync.MaxWriters of them.
func idsOf(users []authors.Author) (ids []string) {
	for _, u := range users {
		if len(ids) < recordsync.MaxWriters && !slices.Contains(ids, u.ID) {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

// restore fills the room from a snapshot; nil if there is none. Of the rows after it, it reads
// whether they have authors.
func (r *room) restore(blob []byte, rows [][]byte, notes *recordsync.Notes) error {
	if blob == nil {
		r.loadAuthors(nil, rows)
		return nil
	}
	s, err := snapshot.Decode(blob, r.e.cfg().MaxDocument)
	if err != nil {
		return err
	}
	doc, err := ydoc.Load(s.State)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	r.doc, r.compaction.size = *doc, len(s.State)
	r.loadAuthors(s.Authors, rows)
	r.version, r.saving.version, r.incarnation = s.Version, s.Version, s.Incarnation
	if err := notes.Add(s.Note, s.Claims); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}
