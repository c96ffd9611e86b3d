package engine

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// What peers are told of what others did to the record.
const (
	saidPublished = "Record was published in another tab" // the spec's words
	saidDiscarded = "The draft was discarded outside of this session"
	saidChanged   = "The record was changed outside of this session: the document has the new text"
	saidConflict  = "The record was changed outside of this session: what is written here goes on, the other text is kept as a version"
	saidMerged    = "The record was changed outside of this session: the document has both that text and what is written here"
	saidStale     = "The record was saved outside of this session with an older text: what is written here goes on"
	saidAnew      = "The record was deleted and made anew: the document has the new text, what was written here before is kept as a version"

	// saidConflictIn names blocks.
	saidConflictIn = "The record was changed outside of this session. In %s what is written here goes on, as it was changed here too; the other text is kept as a version"
)

// whyKept is the reason with which the text that lost is kept as a version.
const whyKept = "changed outside"

// keepLoser keeps the text that is not the document's any more, or is not all in it.
func (r *room) keepLoser(ctx context.Context, p *page, c *comparison) error {
	switch {
	case c.how == declined, len(c.conflicts) > 0:
		return r.keepVersion(ctx, snapshot.Snapshot{State: r.e.cfg.Schema.Seed(c.tree)})
	case c.lost:
		return r.keepVersion(ctx, snapshot.Snapshot{Version: p.version, State: p.state})
	}
	return nil
}

func (r *room) keepVersion(ctx context.Context, s snapshot.Snapshot) error {
	archive, ok := r.e.store.(Archive)
	if !ok {
		r.e.log.Warn("text of the record is not kept: the store keeps no versions", slog.String("room", r.name))
		return nil
	}
	blob, err := snapshot.Append(nil, s, r.e.cfg.Compression)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.e.cfg.StoreTimeout)
	defer cancel()
	return archive.KeepVersion(ctx, r.name, whyKept, blob)
}

// takeOver makes b the base of the document, which update brings to what it is to say. It
// returns false, and does nothing, when a client has come to write with the id of the update.
func (r *room) takeOver(p *page, c *comparison, b base, text packedText, update codec.CheckedUpdate, now Text) (done bool) {
	r.lockForWork()
	defer r.mu.Unlock()
	if r.gone {
		return true
	}
	if r.knowsClientOf(update) {
		return false
	}
	if len(update.Bytes()) > 0 {
		r.adopt(update)
	}
	anew := r.record.base.gone && c.lost
	r.rebase(b, text)
	if anew {
		r.endTrouble() // of what is not to be saved any more
	}
	if c.settled {
		r.inStep(p.edits)
	} else {
		r.doubt(time.Now())
	}
	if c.stale {
		r.record.repeats.add(b.hash, r.record.edits, time.Now())
	}
	r.notePublishedText(now, c.settled && !p.more && r.record.edits == p.edits)
	r.lookAgain(time.Now())
	r.tellOutside(c, anew, len(update.Bytes()) > 0)
	if now := time.Now(); c.change == Edited && c.how != agreed && r.record.contest.outside(now) {
		r.contested(now)
	}
	r.reschedule()
	return true
}

// knowsClientOf says whether somebody has written with a client id that u writes with; mu is held.
func (r *room) knowsClientOf(u codec.CheckedUpdate) bool {
	if len(u.Bytes()) == 0 || r.unseal() != nil {
		return false
	}
	for s := range u.Sections() {
		if r.doc.Clock(s.Client) > 0 {
			return true
		}
	}
	return false
}

// tellOutside tells those who are there what happened to the record; mu is held.
func (r *room) tellOutside(c *comparison, anew, edited bool) {
	if c.change != Unchanged {
		r.e.metrics.outside[c.change].Inc()
	}
	if c.repeated {
		return
	}
	if c.how == declined || c.how == merged {
		r.tellMerged(c, edited)
		return
	}
	switch {
	case anew:
		r.e.log.Warn("record was deleted and made anew; what was not saved to it is kept as a version", slog.String("room", r.name))
		r.notify(codec.Warning, saidAnew)
	case c.change == Published:
		r.notify(codec.Info, saidPublished)
	case c.change == Discarded:
		r.notify(codec.Info, saidDiscarded)
	case edited && r.record.base.turn > 1:
		r.notify(codec.Info, saidChanged)
	}
}

// tellMerged tells what became of a text that met edits which are not saved; mu is held.
func (r *room) tellMerged(c *comparison, edited bool) {
	switch c.change {
	case Published:
		r.notify(codec.Info, saidPublished)
	case Discarded:
		if c.how == merged {
			r.notify(codec.Info, saidDiscarded)
		}
	}
	blocks := nameConflicts(c.conflicts)
	switch {
	case c.how == declined:
		r.notify(codec.Warning, saidConflict)
	case blocks != "":
		r.notify(codec.Warning, fmt.Sprintf(saidConflictIn, blocks))
	case edited:
		r.notify(codec.Info, saidMerged)
		return
	case c.stale:
		r.notify(codec.Info, saidStale)
		return
	default:
		return
	}
	r.e.metrics.conflicts.Inc()
	r.e.log.Warn("record was changed outside, and here", slog.String("room", r.name), slog.String("change", c.change.String()), slog.String("in", cmp.Or(blocks, "all of it")))
}

// notify sends a notice to all whose protocol has them; mu is held.
func (r *room) notify(level, text string) {
	r.broadcast(notice, codec.Message{Kind: codec.Notice, Code: level, Text: text}, natives, nil)
}
