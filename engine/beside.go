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

const (
	besideTimeout = 3 * time.Second // the saver waits for no answer longer
	besidePause   = time.Minute     // after a failure
)

// beside keeps snapshots beside records, where there is room for them. It is the
// saver's goroutine's.
type beside struct {
	retryAt time.Time
	failing bool
}

// keepBeside hands a snapshot that has been stored to the record of r, in the name of
// who wrote last.
func (s *saver) keepBeside(ctx context.Context, r *room, of moment) {
	if s.e.cfg.Records == nil || s.e.cfg.NoRecordSnapshots || time.Now().Before(s.beside.retryAt) || !of.written {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, besideTimeout)
	defer cancel()
	err := s.e.cfg.Records.SaveSnapshot(ctx, r.name, of.writer, s.blob, of.version)
	if err == nil {
		s.beside = beside{}
		return
	}
	s.e.metrics.besideFailures.Inc()
	s.beside.retryAt = time.Now().Add(besidePause)
	if !s.beside.failing {
		s.beside.failing = true
		s.e.log.Warn("snapshot not kept beside the record", slog.String("room", r.name), slog.String("reason", err.Error()))
	}
}

// resume begins an empty room with a snapshot that was kept beside the record: its
// structs are those that clients have. Its text counts only if it goes back to what
// the record is now; else it may be older, and is brought to the record's.
func (r *room) resume(ctx context.Context, who *Identity, now Text) bool {
	s, u, err := r.loadBeside(ctx, who)
	if err == nil && s.State != nil {
		err = r.resumeWith(ctx, s, u, now)
	}
	if err != nil {
		r.e.metrics.besideFailures.Inc()
		r.e.log.Warn("snapshot beside the record is not used", slog.String("room", r.name), slog.String("reason", err.Error()))
	}
	return err == nil && s.State != nil
}

// loadBeside trusts nothing in what it loads.
func (r *room) loadBeside(ctx context.Context, who *Identity) (s snapshot.Snapshot, u codec.CheckedUpdate, err error) {
	blob, err := r.e.cfg.Records.LoadSnapshot(ctx, r.name, who.Credential)
	if err != nil || blob == nil {
		return s, u, err
	}
	if s, err = snapshot.Decode(blob, r.e.cfg.MaxDocument); err != nil {
		return s, u, err
	}
	if u, err = codec.CheckUpdate(s.State); err != nil {
		return s, u, err
	}
	var doc ydoc.Doc
	out := doc.Apply(u)
	if out.Refused != nil {
		return s, u, out.Refused
	}
	if doc.PendingSize() > 0 || out.Dropped {
		return s, u, ErrIncomplete
	}
	return s, u, nil
}

func (r *room) resumeWith(ctx context.Context, s snapshot.Snapshot, u codec.CheckedUpdate, now Text) error {
	stored := storedBase{compression: r.e.cfg.Compression}
	if err := stored.note(s.Note); err != nil {
		return err
	}
	b := stored.base
	p := page{state: s.State, version: s.Version, base: b}
	p.text = stored.merges()
	c, err := r.compare(&p, now)
	if err != nil {
		return err
	}
	ours, theirs := c.ours, c.theirs
	var update codec.CheckedUpdate
	if current := b.known() && b.whole && now.ShowsDrafts && b.mark == now.Revision && now.Revision != ""; !current {
		if update, err = r.edit(&p, c.tree); err != nil {
			return err
		}
		if edited := !b.known() || hashOf(ours) != b.hash; edited && ours != theirs {
			if err := r.keepVersion(ctx, snapshot.Snapshot{Version: s.Version, State: s.State, Note: s.Note}); err != nil {
				return fmt.Errorf("keep its text: %w", err)
			}
		}
		b.hash = hashOf(theirs)
	}
	packed := packedText{packed: p.text.packed}
	if hashOf(theirs) == b.hash {
		packed = r.pack(&p, theirs, b.hash)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone || r.version > 0 {
		return nil
	}
	r.adopt(u)
	r.record.retired = prose.Retired(&r.doc, r.e.cfg.Schema)
	if r.version = max(r.version, s.Version); len(update.Bytes()) > 0 {
		r.adopt(update)
	}
	r.record.base.turn = b.turn
	r.rebase(base{mark: now.Revision, hash: b.hash, whole: now.ShowsDrafts}, packed)
	if hashOf(ours) != b.hash && len(update.Bytes()) == 0 {
		r.doubt(time.Now())
	}
	r.e.metrics.resumed.Inc()
	r.reschedule()
	return nil
}
