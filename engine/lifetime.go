package engine

import (
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// maxSaveBackoff is the longest wait after snapshots that failed.
const maxSaveBackoff = 5 * time.Minute

// capture fills t with the state and the base, or leaves its state empty when there is
// nothing to save; mu is held.
func (r *room) capture(t *snapshotSource) {
	t.state, t.compressed, t.cuts, t.note, t.grown = t.state[:0], nil, t.cuts[:0], t.note[:0], false
	t.whole = false
	if r.state == stateGone || !r.unsaved() || !r.captureState(t) {
		return
	}
	t.of = snapshotPoint{r.version, r.saving.seq, r.record.Generation(), r.incarnation}
	t.writer, t.written = r.record.Writer()
	t.note = r.appendNote(t.note)
}

// captureState takes the state of a document that is compressed as it is, so that only the
// saver holds it otherwise, if at all, and only while it is saved: a shutdown may have to save
// many. To be compacted it must be a document again; it is compressed once more after that.
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

// unsaved says whether a snapshot would be worth something: it would hold more
// than the stored one, and there is a row to drop or no journal at all.
func (r *room) unsaved() bool {
	newer := r.version > r.saving.version || r.record.Unsnapshotted()
	return newer && (r.saving.seq > 0 || r.e.cfg.NoJournal)
}

// savedAs is called with mu held.
func (r *room) savedAs(of snapshotPoint, now time.Time) {
	r.saving.version, r.saving.unsavedFrom = of.version, now
	r.record.Snapshotted(of.generation)
	if of.version == r.version && of.generation == r.record.Generation() {
		r.saving.unsavedFrom = time.Time{}
	}
	r.saving.failures = 0
}

// failedToSave returns how long the room waits now; mu is held.
func (r *room) failedToSave() time.Duration {
	r.saving.failures++
	return r.savePause()
}

// savePause is the least time between two snapshots. After one that failed it is
// shorter, and doubles with each that fails after that.
func (r *room) savePause() time.Duration {
	pause := r.e.cfg.SnapshotMinInterval
	if r.saving.failures > 0 {
		pause /= 3
	}
	for i := 1; i < r.saving.failures && pause < maxSaveBackoff; i++ {
		pause = min(2*pause, maxSaveBackoff)
	}
	return pause
}

// warnOfSnapshot says, once while the room is loaded, that its snapshot is large; mu is held.
func (r *room) warnOfSnapshot(size int) {
	if size <= r.e.cfg.SnapshotWarnBytes || r.saving.warnedSize {
		return
	}
	r.saving.warnedSize = true
	r.e.metrics.largeSaves.Inc()
	r.e.log.Warn("snapshot is large", slog.String("room", r.name), slog.Int("bytes", size))
}

// saverDone ends what add began. It returns false if the room is unloaded, which it is
// when that is due and may be done. mu is held.
func (r *room) saverDone(now time.Time, may bool) bool {
	if r.saving.queued, r.saving.triedAt = false, now; r.state == stateGone {
		return false
	}
	if may && schedule.Reached(r.unloadDue(), now) && !r.unsaved() && r.e.roomMap.dropUnused(r) {
		r.closeRoom()
		return false
	}
	r.reschedule()
	return true
}

// saveDue is when the room needs a snapshot, zero if it does not. While a row is
// on its way to the journal it waits, to hold that row's update and drop the row.
func (r *room) saveDue() time.Time {
	if r.saving.queued || r.commit.pending || !r.unsaved() || r.saving.unsavedFrom.IsZero() {
		return time.Time{}
	}
	due := r.saving.triedAt
	if r.version-r.saving.version < r.e.cfg.SnapshotUpdates {
		due = schedule.Latest(due, r.saving.unsavedFrom.Add(r.e.cfg.SnapshotInterval))
	}
	return schedule.Latest(due, r.saving.triedAt.Add(r.savePause()))
}

// unloadDue is when the room may be unloaded, zero as long as it is in use.
func (r *room) unloadDue() time.Time {
	if r.saving.queued {
		return time.Time{}
	}
	return r.unloadable()
}

// unloadable is when the saver may unload it.
func (r *room) unloadable() time.Time {
	compacting := r.compaction.running || len(r.compaction.updates) > 0
	used := r.graceEnd.IsZero() || r.waiters.Load() > 0
	if used || compacting || !r.clean() || r.record.HoldsRoom() {
		return time.Time{}
	}
	if r.unsaved() {
		return schedule.Latest(r.graceEnd, r.saving.triedAt.Add(r.savePause()))
	}
	return r.graceEnd
}
