package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// What peers are told of what others did to the record.
const (
	saidPublished = "Record was published in another tab" // the spec's words
	saidDiscarded = "The draft was discarded outside of this session"
	saidChanged   = "The record was changed outside of this session: the document has the new text"
	saidConflict  = "The record was changed outside of this session: what is written here goes on, the other text is kept as a version"
)

// whyKept is the reason with which the text that lost is kept as a version.
const whyKept = "changed outside"

// outcome is what becomes of a text that differs from the one a room goes back to.
type outcome int

const (
	agreed   outcome = iota // it says what the document says, or what it said before
	brought                 // the document is brought to it
	declined                // the document has edits that are not saved, and keeps them
)

// weigh says what is to become of a document, given what it goes back to, what it
// says and what the record says; lost is that people's writing goes with that. What
// was written over a text that was not the draft gives way to the draft.
func weigh(b base, ours, theirs string, whole bool) (how outcome, lost bool) {
	edited := b.known() && hashOf(ours) != b.hash || !b.known() && ours != ""
	switch {
	case ours == theirs, b.known() && hashOf(theirs) == b.hash:
		return agreed, false
	case !edited:
		return brought, false
	case b.known() && !b.whole && whole:
		return brought, true
	}
	return declined, false
}

// keepLoser keeps the text that is not the document's any more, or never was.
func (r *room) keepLoser(ctx context.Context, how outcome, lost bool, p page, tree markdown.Node) error {
	switch {
	case how == declined:
		return r.keepVersion(ctx, snapshot.Snapshot{State: r.e.cfg.Schema.Seed(tree)})
	case lost:
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

// takeOver makes now the base of the document, which update brings to it if need
// be. It returns false, and does nothing, when a client has come to write with the id of the update.
func (r *room) takeOver(p page, now Text, how outcome, change Change, update codec.CheckedUpdate, hash [32]byte, same bool) (done bool) {
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
	r.rebase(now.Mark, hash, now.Whole)
	if same || how == brought {
		r.inStep(p.edits)
	} else {
		r.doubt(time.Now())
	}
	r.lookAgain(time.Now())
	r.tellOutside(how, change, len(update.Bytes()) > 0)
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
func (r *room) tellOutside(how outcome, change Change, edited bool) {
	if change != Unchanged {
		r.e.metrics.outside[change].Inc()
	}
	level, text := codec.Info, ""
	switch {
	case how == declined:
		level, text = codec.Warning, saidConflict
		r.e.log.Warn("record was changed outside, and here", slog.String("room", r.name), slog.String("change", change.String()))
	case change == Published:
		text = saidPublished
	case change == Discarded:
		text = saidDiscarded
	case edited && r.record.base.turn > 1:
		text = saidChanged
	}
	if how == declined && change == Published {
		r.notify(codec.Info, saidPublished)
	}
	if text != "" {
		r.notify(level, text)
	}
}

// notify sends a notice to all whose protocol has them; mu is held.
func (r *room) notify(level, text string) {
	r.broadcast(notice, codec.Message{Kind: codec.Notice, Code: level, Text: text}, natives, nil)
}
