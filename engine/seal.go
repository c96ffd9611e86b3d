package engine

import (
	"bytes"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// A room without peers holds its document compressed, as long as that is
// smaller, until somebody joins or the grace period ends.

// sealDue is when the room is to be sealed, zero if it is not.
func (r *room) sealDue() time.Time {
	if r.saving || r.compacting || r.sealTried || r.graceEnd.IsZero() || r.waiters.Load() > 0 || !r.clean() {
		return time.Time{}
	}
	return r.emptied.Add(r.e.cfg.SealAfter)
}

// sealUp compresses r's document, unless somebody came or something changed meanwhile.
func (s *saver) sealUp(r *room) {
	s.state = s.state[:0]
	r.tryTo(func() { r.sealable(&s.taken) })
	if len(s.state) == 0 {
		return
	}
	blob, err := s.pieces.Append(s.blob[:0], r.name, s.snapshot(), s.cuts, s.e.cfg.Compression, time.Now())
	if err != nil {
		return
	}
	if s.blob = blob; r.seal(blob, s.of, len(s.state)) {
		s.pieces.Drop(r.name)
	}
}

// sealable takes the state of a room that is to be sealed, and all else that a snapshot is
// made of; mu is held.
func (r *room) sealable(t *taken) {
	if r.gone || r.sealTried || !reached(r.emptied.Add(r.e.cfg.SealAfter), time.Now()) || len(r.peers) > 0 || !r.clean() {
		return
	}
	r.sealTried = true
	t.state, t.cuts = r.doc.AppendStateCuts(t.state, t.cuts[:0])
	t.note, t.of = r.appendShortNote(t.note[:0]), moment{version: r.version, generation: r.record.Generation(), incarnation: r.incarnation}
}

// seal gives up when the room's lock is held: somebody has come.
func (r *room) seal(blob []byte, of moment, size int) (sealed bool) {
	r.tryTo(func() {
		sealed = !r.gone && len(r.peers) == 0 && r.version == of.version && r.doc.PendingSize() == 0 && len(blob) < size
		if sealed {
			r.sealed, r.sealedSize, r.doc = bytes.Clone(blob), size, ydoc.Doc{}
			r.e.metrics.sealed.Inc()
			r.record.DropRendering()
		}
	})
	return sealed
}

// unseal is called with mu held before the document is needed.
func (r *room) unseal() error {
	if r.sealed == nil {
		return nil
	}
	s, err := snapshot.Decode(r.sealed, r.e.cfg.MaxDocument)
	if err != nil {
		return fmt.Errorf("sealed document: %w", err)
	}
	doc, err := ydoc.Load(s.State)
	if err != nil {
		return fmt.Errorf("sealed document: %w", err)
	}
	r.doc, r.sealed = *doc, nil
	r.e.metrics.sealed.Dec()
	return nil
}
