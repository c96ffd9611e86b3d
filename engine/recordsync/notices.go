package recordsync

import (
	"cmp"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/prose"
)

// Notices about external changes.
const (
	NoticePublished = "Record was published in another tab" // the spec's words
	NoticeDiscarded = "The draft was discarded outside of this session"
	NoticeChanged   = "The record was changed outside of this session: the document has the new text"
	NoticeConflict  = "The record was changed outside of this session: " +
		"what is written here goes on, the other text is kept as a version"
	NoticeMerged = "The record was changed outside of this session: " +
		"the document has both that text and what is written here"
	NoticeStale = "The record was saved outside of this session with an older text: " +
		"what is written here goes on"
	NoticeRecreated = "The record was deleted and made anew: " +
		"the document has the new text, what was written here before is kept as a version"

	// NoticeConflictIn is a format for the names of blocks.
	NoticeConflictIn = "The record was changed outside of this session. " +
		"In %s what is written here goes on, as it was changed here too; " +
		"the other text is kept as a version"
)

// notifyOutcome notifies peers of an external change. recreated is set if the record was deleted
// and created again, edited if the document was changed. The room's lock is held.
func (r *Record) notifyOutcome(c *comparison, recreated, edited bool) {
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
	case recreated:
		r.log().Warn("record was deleted and made anew; what was not saved to it is kept as a version")
		r.room.Notify(protocol.Warning, NoticeRecreated)
	case c.change == Published:
		r.room.Notify(protocol.Info, NoticePublished)
	case c.change == Discarded:
		r.room.Notify(protocol.Info, NoticeDiscarded)
	case edited && r.base.generation > 1:
		r.room.Notify(protocol.Info, NoticeChanged)
	}
}

// notifyMerge notifies peers of an external change of a document with unsaved edits.
func (r *Record) notifyMerge(c *comparison, edited bool) {
	switch {
	case c.change == Published:
		r.room.Notify(protocol.Info, NoticePublished)
	case c.change == Discarded && c.outcome == takeBoth:
		r.room.Notify(protocol.Info, NoticeDiscarded)
	}
	blocks := nameConflicts(c.conflicts)
	switch {
	case c.outcome == keepOurs:
		r.room.Notify(protocol.Warning, NoticeConflict)
	case blocks != "":
		r.room.Notify(protocol.Warning, fmt.Sprintf(NoticeConflictIn, blocks))
	case edited:
		r.room.Notify(protocol.Info, NoticeMerged)
		return
	case c.stale:
		r.room.Notify(protocol.Info, NoticeStale)
		return
	default:
		return
	}
	r.s.metrics.conflicts.Inc()
	r.log().Warn("record was changed outside, and here",
		slog.String("change", c.change.String()), slog.String("in", cmp.Or(blocks, "all of it")))
}

// NoticeAlternation is sent once in alternationWindow.
const NoticeAlternation = "This record is also saved somewhere else, again and again: " +
	"by an editor that is not part of this session, or by a second server. " +
	"What is saved there is merged with what is written here"

// noteAlternation counts an external change; the room's lock is held.
func (r *Record) noteAlternation(c *comparison) {
	now := time.Now()
	a := &r.alternation
	if c.change != Edited || c.outcome == takeNothing || !a.externalChange(now) {
		return
	}
	r.s.metrics.alternations.Inc()
	r.room.Notify(protocol.Warning, NoticeAlternation)
	if r.s.alternations.allow(now) {
		r.log().Warn("record is saved here and somewhere else, again and again: "+
			"is there a second server for the same CivicPress?",
			slog.Int("times", a.count), slog.Duration("within", now.Sub(a.since)))
	}
}

// namedConflicts is how many blocks a notice names.
const namedConflicts = 3

// nameConflicts names blocks by their positions, without quoting them: "paragraph 2, list 1 (item
// 3) and 4 more". It is empty if there are none.
func nameConflicts(all []prose.Conflict) string {
	names := make([]string, 0, namedConflicts+1)
	for i, c := range all {
		if i == namedConflicts {
			names = append(names, fmt.Sprintf("%d more", len(all)-i))
			break
		}
		names = append(names, nameConflict(c))
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func nameConflict(c prose.Conflict) string {
	name := nameStep(c.Path[0])
	switch inner := innerStep(c.Path); {
	case c.Deleted:
		return "a deleted " + nameOf(c.Path[len(c.Path)-1].Name)
	case inner != "":
		return name + " (" + inner + ")"
	}
	return name
}

// innerStep names the position of a block inside a block of the document: an item of a list, the
// row of a table, a block of a quotation.
func innerStep(path []prose.PathStep) string {
	if len(path) < 2 {
		return ""
	}
	return nameStep(path[1])
}

func nameStep(s prose.PathStep) string { return fmt.Sprint(nameOf(s.Name), " ", s.Number) }

// blockNames has the names of blocks in notices.
var blockNames = map[string]string{
	markdown.Paragraph: "paragraph", markdown.Heading: "heading",
	markdown.Blockquote: "quotation", markdown.CodeBlock: "code block",
	markdown.BulletList: "list", markdown.OrderedList: "numbered list", markdown.ListItem: "item",
	markdown.HorizontalRule: "line", markdown.Table: "table", markdown.TableRow: "row",
	markdown.TableCell: "cell", markdown.TableHeader: "cell",
}

func nameOf(block string) string {
	if name, ok := blockNames[block]; ok {
		return name
	}
	return "block"
}
