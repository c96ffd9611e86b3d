package engine

import (
	"bytes"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/schedule"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// A room without peers holds its document compressed, as long as that is
// smaller, until somebody joins or the grace period ends.

// compressDue is when the room is to be compressed, zero if it is not.
func (r *room) compressDue() time.Time {
	if r.saving.queued || r.compaction.running || r.compressed.tried || r.graceEnd.IsZero() || r.waiters.Load() > 0 || !r.clean() {
		return time.Time{}
	}
	return r.emptied.Add(r.e.cfg.CompressAfter)
}

// takeForCompression takes the state of a room that is to be compressed, and all else that a snapshot is
// made of; mu is held.
func (r *room) takeForCompression(t *snapshotSource) {
	if r.state == stateGone || r.compressed.tried || !schedule.Reached(r.emptied.Add(r.e.cfg.CompressAfter), time.Now()) || len(r.peers) > 0 || !r.clean() {
		return
	}
	r.compressed.tried = true
	t.state, t.cuts = r.doc.AppendStateCuts(t.state, t.cuts[:0])
	t.note, t.of = r.appendShortNote(t.note[:0]), snapshotPoint{version: r.version, generation: r.record.Generation(), incarnation: r.incarnation}
}

// compressTo gives up when the room's lock is held: somebody has come.
func (r *room) compressTo(blob []byte, of snapshotPoint, size int) (compressed bool) {
	r.mu.TryRun(func() {
		compressed = r.state != stateGone && len(r.peers) == 0 && r.version == of.version && r.doc.PendingSize() == 0 && len(blob) < size
		if compressed {
			r.compressed.blob, r.compressed.stateSize, r.doc = bytes.Clone(blob), size, ydoc.Doc{}
			r.state = stateCompressed
			r.e.metrics.compressed.Inc()
			r.record.DropRendering()
		}
	})
	return compressed
}

// decompress is called with mu held before the document is needed.
func (r *room) decompress() error {
	if r.compressed.blob == nil {
		return nil
	}
	s, err := snapshot.Decode(r.compressed.blob, r.e.cfg.MaxDocument)
	if err != nil {
		return fmt.Errorf("compressed document: %w", err)
	}
	doc, err := ydoc.Load(s.State)
	if err != nil {
		return fmt.Errorf("compressed document: %w", err)
	}
	if r.doc, r.compressed.blob = *doc, nil; r.state == stateCompressed {
		r.state = stateIdle
	}
	r.e.metrics.compressed.Dec()
	return nil
}

// snapshotSource is what a snapshot is made of.
type snapshotSource struct {
	state, note []byte
	compressed  []byte // what state is to be read from, which is empty then; nil: it is there
	whole       bool   // compressed is the snapshot itself: no more is needed of it
	cuts        []int  // where state may be cut
	of          snapshotPoint
	writer      string // credential of the peer that wrote last
	written     bool   // there is one
	grown       bool   // the document is to be compacted
}

func (t *snapshotSource) snapshot() snapshot.Snapshot {
	return snapshot.Snapshot{Version: t.of.version, State: t.state, Note: t.note, Incarnation: t.of.incarnation}
}

// snapshotPoint is when a snapshot was taken.
type snapshotPoint struct {
	version     uint64
	through     uint64 // the row up to which it has everything, and perhaps more
	generation  uint64 // of the merge base
	incarnation uint64 // of the document
}

// keptArena is the capacity of the largest buffers that the saver keeps, in bytes.
const keptArena = 4 << 20
