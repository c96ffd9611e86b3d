package engine

import (
	"bytes"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// A room without peers holds its document compressed, as long as that is smaller, until
// a peer joins or the grace period ends.

// compressDue returns when the room's document is to be compressed; zero if it is not.
func (r *room) compressDue() time.Time {
	busy := r.saving.queued || r.compaction.running || r.waiters.Load() > 0 || !r.clean()
	if busy || r.compressed.tried || r.graceEnd.IsZero() {
		return time.Time{}
	}
	return r.emptied.Add(r.e.cfg().CompressAfter)
}

// takeForCompression fills t from a room whose document is to be compressed now. Otherwise it
// leaves t's state as it is. mu is held.
func (r *room) takeForCompression(t *snapshotSource) {
	due := schedule.Reached(r.emptied.Add(r.e.cfg().CompressAfter), time.Now())
	if !due || r.state == stateGone || r.compressed.tried || len(r.peers) > 0 || !r.clean() {
		return
	}
	r.compressed.tried = true
	t.state, t.cuts = r.doc.AppendStateCuts(t.state, t.cuts[:0])
	t.note, t.claims = r.appendShortNote(t.note[:0]), t.claims[:0]
	t.authors = r.appendAuthors(t.authors[:0], len(t.note))
	t.former = r.carries().former.Append(t.former[:0])
	t.of = snapshotPoint{
		version: r.version, generation: r.record.Generation(), incarnation: r.incarnation,
	}
}

// compressTo replaces the document by blob, a snapshot of it at the given point; size is that of
// its state. It returns false if the room has been used or changed since, or its lock is held,
// which means that it is used.
func (r *room) compressTo(blob []byte, of snapshotPoint, size int) (compressed bool) {
	r.mu.TryRun(func() {
		unused := r.state != stateGone && len(r.peers) == 0
		compressed = unused && r.version == of.version && r.doc.PendingSize() == 0 &&
			len(blob) < size
		if compressed {
			r.compressed.blob, r.compressed.stateSize, r.doc = bytes.Clone(blob), size, ydoc.Doc{}
			r.authors = nil
			r.state = stateCompressed
			r.e.metrics.compressed.Inc()
			r.record.DropRendering()
			r.updateStats(time.Now())
		}
	})
	return compressed
}

// compressRoom compresses r's document, unless the room is used or changed meanwhile.
func (s *saver) compressRoom(r *room) {
	s.state = s.state[:0]
	r.mu.TryRun(func() { r.takeForCompression(&s.snapshotSource) })
	if len(s.state) == 0 {
		return
	}
	blob, err := s.encode(r.name)
	if err != nil {
		return
	}
	if s.blob = blob; r.compressTo(blob, s.of, len(s.state)) {
		s.pieces.Drop(r.name)
	}
}
