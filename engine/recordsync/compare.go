package recordsync

import (
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/prose"
)

// outcome is what becomes of a record's text and a document.
type outcome int

const (
	takeNothing outcome = iota // the document says the same, or goes back to that text
	takeTheirs                 // the document is brought to the record's text
	takeBoth                   // the document has edits that are not saved, and is brought to both
	keepOurs                   // the document has edits that are not saved, and keeps them
)

// comparison is a record's text (theirs) beside a document (ours), and the outcome.
type comparison struct {
	ours, theirs string        // as a document writes them
	tree         markdown.Node // theirs
	change       Change
	outcome      outcome
	dropsEdits   bool // the document's text gives way, and is kept as a version

	want      markdown.Node    // the document afterwards, if it changes
	settled   bool             // the document then says what the record says
	stale     bool             // theirs was made of a text from before the merge base
	conflicts []prose.Conflict // blocks of theirs that are in nothing but a version
	repeated  bool             // the same stale text came before, with no edit since
}

// compare reads the record's text beside d's document.
func (r *Record) compare(d *docState, now Text) (c comparison, err error) {
	if c.ours, err = r.render(d); err != nil {
		return c, err
	}
	if c.tree, c.theirs, err = r.parse(now.Markdown, d.direct); err != nil {
		return c, err
	}
	if err := r.withoutTitle(d, &c, now); err != nil {
		return c, err
	}
	if d.base.known() && d.base.showsDrafts == now.ShowsDrafts {
		c.change = r.s.cfg.Records.Change(d.base.revision, now)
	}
	c.outcome, c.dropsEdits = decide(d.base, c.ours, c.theirs, now)
	c.want, c.settled = c.tree, c.ours == c.theirs || c.outcome == takeTheirs
	return c, nil
}

// decide returns the outcome for a document that says ours and goes back to b, and a record
// that says theirs; dropsEdits is set if edits are lost with that. Edits of a text that
// was not the draft give way to the draft, and those of a record that is gone to the record
// that was made in its place.
func decide(b mergeBase, ours, theirs string, now Text) (o outcome, dropsEdits bool) {
	edited := b.known() && hashOf(ours) != b.hash || !b.known() && ours != ""
	switch {
	case ours == theirs:
		return takeNothing, false
	case b.known() && hashOf(theirs) == b.hash, b.gone && b.is(now.Revision):
		return takeNothing, false // also if the record was gone, and is there again
	case b.gone:
		return takeTheirs, true
	case !edited:
		return takeTheirs, false
	case b.known() && !b.showsDrafts && now.ShowsDrafts:
		return takeTheirs, true
	}
	return keepOurs, false
}

// merge merges a text with a document that it does not replace, if their common ancestor is
// known: the merge base, or a text before it. In the latter case the document goes on.
func (r *Record) merge(d *docState, c *comparison) error {
	if c.outcome != keepOurs && (c.outcome != takeTheirs || c.dropsEdits) {
		return nil
	}
	text := d.text
	if c.change != Edited && c.change != Published {
		text.earlier = nil
	}
	was, stale, ok := ancestor(c.theirs, d.base, &text)
	if !ok || c.outcome == takeTheirs && !stale {
		return nil
	}
	return r.convert(func() error {
		base, err := markdown.Parse(was)
		if err != nil {
			return err
		}
		ours, err := markdown.Parse(c.ours)
		if err != nil {
			return err
		}
		c.want, c.conflicts = prose.MergeBlocks(base, ours, c.tree)
		c.outcome, c.stale = takeBoth, stale
		c.settled = len(c.conflicts) == 0 && markdown.Format(c.want) == c.theirs
		return nil
	})
}

// withoutTitle drops the title above c.theirs if the text below it is the document's, or
// the one that the document goes back to, perhaps changed.
func (r *Record) withoutTitle(d *docState, c *comparison, now Text) error {
	below, ok := belowTitle(now.Markdown, now.Title)
	if !ok || c.ours == c.theirs || d.base.known() && hashOf(c.theirs) == d.base.hash {
		return nil
	}
	tree, text, err := r.parse(below, d.direct)
	if err != nil {
		return err
	}
	was, ok := d.text.textOf(d.base)
	if goesBackTo(text, c.ours) || ok && goesBackTo(text, was) {
		c.tree, c.theirs = tree, text
	}
	return nil
}
