package recordsync

import (
	"cmp"
	"fmt"
	"log/slog"

	"github.com/civicpress/civic-realtime/codec"
)

// Notices about what others did to the record.
const (
	NoticePublished = "Record was published in another tab" // the spec's words
	NoticeDiscarded = "The draft was discarded outside of this session"
	NoticeChanged   = "The record was changed outside of this session: the document has the new text"
	NoticeConflict  = "The record was changed outside of this session: what is written here goes on, the other text is kept as a version"
	NoticeMerged    = "The record was changed outside of this session: the document has both that text and what is written here"
	NoticeStale     = "The record was saved outside of this session with an older text: what is written here goes on"
	NoticeAnew      = "The record was deleted and made anew: the document has the new text, what was written here before is kept as a version"

	// NoticeConflictIn names blocks.
	NoticeConflictIn = "The record was changed outside of this session. In %s what is written here goes on, as it was changed here too; the other text is kept as a version"
)

// notifyOutcome tells peers what happened to the record; the room's lock is held.
func (r *Record) notifyOutcome(c *comparison, anew, edited bool) {
	if c.change != Unchanged {
		r.s.metrics.external[c.change].Inc()
	}
	if c.repeated {
		return
	}
	if c.outcome == keepOurs || c.outcome == takeBoth {
		r.notifyMerge(c, edited)
		return
	}
	switch {
	case anew:
		r.s.cfg.Log.Warn("record was deleted and made anew; what was not saved to it is kept as a version",
			slog.String("room", r.room.Name()))
		r.room.Notify(codec.Warning, NoticeAnew)
	case c.change == Published:
		r.room.Notify(codec.Info, NoticePublished)
	case c.change == Discarded:
		r.room.Notify(codec.Info, NoticeDiscarded)
	case edited && r.base.generation > 1:
		r.room.Notify(codec.Info, NoticeChanged)
	}
}

// notifyMerge tells peers what became of a text that met edits that are not saved.
func (r *Record) notifyMerge(c *comparison, edited bool) {
	switch {
	case c.change == Published:
		r.room.Notify(codec.Info, NoticePublished)
	case c.change == Discarded && c.outcome == takeBoth:
		r.room.Notify(codec.Info, NoticeDiscarded)
	}
	blocks := nameConflicts(c.conflicts)
	switch {
	case c.outcome == keepOurs:
		r.room.Notify(codec.Warning, NoticeConflict)
	case blocks != "":
		r.room.Notify(codec.Warning, fmt.Sprintf(NoticeConflictIn, blocks))
	case edited:
		r.room.Notify(codec.Info, NoticeMerged)
		return
	case c.stale:
		r.room.Notify(codec.Info, NoticeStale)
		return
	default:
		return
	}
	r.s.metrics.conflicts.Inc()
	r.s.cfg.Log.Warn("record was changed outside, and here", slog.String("room", r.room.Name()),
		slog.String("change", c.change.String()), slog.String("in", cmp.Or(blocks, "all of it")))
}
