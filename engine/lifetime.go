package engine

import (
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// maxSaveBackoff is the longest wait after snapshots that failed.
const maxSaveBackoff = 5 * time.Minute

// capture fills t with the state and the note of the room for a snapshot, or leaves its state empty
// when there is nothing to save. mu is held.
func (r *room) capture(t *snapshotSource) {
	t.state, t.compressed, t.cuts, t.note, t.grown = t.state[:0], nil, t.cuts[:0], t.note[:0], false
	t.whole, t.request, t.authors, t.claims = false, nil, t.authors[:0], t.claims[:0]
	t.unannounced = Announcement{}
	switch {
	case r.isDisowned(): // the room's end answers a request
		return
	case r.state == stateGone || !r.unsaved():
		t.request = r.takeSaveRequest()
		return
	}
	if !r.captureState(t) {
		r.takeSaveRequest().finish(errUnreadable)
		return
	}
	t.of = snapshotPoint{r.version, r.saving.seq, r.record.Generation(), r.incarnation}
	t.writer, t.written = r.record.Writer()
	t.unannounced = r.unannounced()
	t.note = r.appendNote(t.note)
	t.authors = r.appendAuthors(t.authors, len(t.note))
	t.claims = r.record.AppendClaims(t.claims)
	t.former = r.carries().former.Append(t.former[:0])
	t.request = r.takeSaveRequest() // last: after a panic the end of the room answers it
}

// captureState takes the state of the document. A compressed document is taken as it is: only the
// saver decompresses it, if at all, and only while it saves it, as a shutdown may have to save
// many. If it is to be compacted it must be a document again; it is compressed once more after
// that.
func (r *room) captureState(t *snapshotSource) (ok bool) {
	draining := r.e.draining.Load()
	if r.compressed.blob != nil && (draining || !r.compactDue(r.compressed.stateSize)) {
		t.compressed, t.whole = r.compressed.blob, r.record == nil
		return true
	}
	r.compressed.tried = r.compressed.tried && r.compressed.blob == nil
	if r.decompress() != nil {
		return false
	}
	t.state, t.cuts = r.doc.AppendStateCuts(t.state, t.cuts)
	t.grown = !draining && r.compactDue(len(t.state))
	return true
}

// unsaved reports whether a snapshot is worth taking: it would hold more than the stored one, and
// there is a row to drop, or no journal at all.
func (r *room) unsaved() bool {
	newer := r.version > r.saving.version || r.record.Unsnapshotted()
	return newer && (r.saving.seq > 0 || r.e.cfg().NoJournal)
}

// savedAs notes that a snapshot was stored. mu is held.
func (r *room) savedAs(of snapshotPoint, now time.Time) {
	r.saving.version, r.saving.savedAt, r.saving.unsavedFrom = of.version, unixNano(now), now
	r.record.Snapshotted(of.generation)
	if of.version == r.version && of.generation == r.record.Generation() {
		r.saving.unsavedFrom = time.Time{}
	}
	if r.saving.failures >= failuresAnnounced {
		r.announce(StoringWorks, of.version, nil)
	}
	r.saving.failures = 0
	if r.e.savedBySnapshot(r.key) {
		r.announce(DocumentStored, of.version, nil)
	}
}

// failuresAnnounced is how many snapshots must fail, one after the other, before that is announced.
const failuresAnnounced = 3

// failedToSave notes that a snapshot failed, and returns the pause until the next. mu is held.
func (r *room) failedToSave() time.Duration {
	if r.saving.failures++; r.saving.failures == failuresAnnounced {
		r.announce(StoringFails, r.saving.version, nil)
	}
	return r.savePause()
}

// savePause returns the least time between two snapshots. After one that failed it is shorter, and
// doubles with each failure after that.
func (r *room) savePause() time.Duration {
	pause := r.e.cfg().SnapshotMinInterval
	if r.saving.failures > 0 {
		pause /= 3
	}
	for i := 1; i < r.saving.failures && pause < maxSaveBackoff; i++ {
		pause = min(2*pause, maxSaveBackoff)
	}
	return pause
}

// warnOfSnapshot logs, once while the room is loaded, that its snapshot is large. mu is held.
func (r *room) warnOfSnapshot(size int) {
	if size <= r.e.cfg().SnapshotWarnBytes || r.saving.warnedSize {
		return
	}
	r.saving.warnedSize = true
	r.e.metrics.largeSaves.Inc()
	r.e.log.Warn("snapshot is large", slog.String("room", r.name), slog.Int("bytes", size))
}

// saverDone notes that the saver is done with the room. With mayUnload it unloads the room if that
// is due. It returns false if the room is gone. mu is held.
func (r *room) saverDone(now time.Time, mayUnload bool) bool {
	if r.saving.queued, r.saving.triedAt = false, now; r.state == stateGone {
		return false
	}
	if r.isDisowned() { // what waits for the saver goes on
		if r.flushedFrozen(now); r.state == stateGone {
			return false
		}
	}
	unload := mayUnload && schedule.Reached(r.unloadDue(), now) && !r.unsaved()
	if unload {
		r.announceChange() // as abandonLocked does
	}
	if unload && r.e.roomMap.dropUnused(r) {
		r.takeSaveRequest().finish(nil) // the newest snapshot has everything
		r.closeRoom()
		return false
	}
	r.reschedule()
	return true
}

// saveDue returns when a snapshot of the room is due; zero if it needs none. It waits while a row
// is on its way to the journal, so that the snapshot has the row's update, and the row can be
// dropped.
func (r *room) saveDue() time.Time {
	if r.saving.queued || r.commit.pending || !r.unsaved() || r.saving.unsavedFrom.IsZero() {
		return time.Time{}
	}
	due := r.saving.triedAt
	if r.version-r.saving.version < r.e.cfg().SnapshotUpdates {
		due = schedule.Latest(due, r.saving.unsavedFrom.Add(r.e.cfg().SnapshotInterval))
	}
	return schedule.Latest(due, r.saving.triedAt.Add(r.savePause()))
}

// unloadDue returns when the room may be unloaded; zero while it is in use or the saver has it.
func (r *room) unloadDue() time.Time {
	if r.saving.queued {
		return time.Time{}
	}
	return r.unloadable()
}

// unloadable is unloadDue for the saver, which has the room.
func (r *room) unloadable() time.Time {
	compacting := r.compaction.running || len(r.compaction.updates) > 0
	used := r.graceEnd.IsZero() || r.waiters.Load() > 0
	if used || compacting || !r.clean() || r.record.HoldsRoom() {
		return time.Time{}
	}
	evicting := r.eviction.Load() != nil && r.saving.failures == 0
	if r.unsaved() && !evicting {
		return schedule.Latest(r.graceEnd, r.saving.triedAt.Add(r.savePause()))
	}
	return r.graceEnd
}
