package recordsync

import (
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/prose"
)

// outcome is how a record's text is brought into a document.
type outcome int

const (
	takeNothing outcome = iota // the texts are equal, or theirs is that of the merge base
	takeTheirs                 // the document becomes the record's text
	takeBoth                   // both have changed, and are merged
	keepOurs                   // both have changed, and the document stays
)

// comparison compares a record's text (theirs) with a document's (ours).
type comparison struct {
	ours, theirs string        // as a document writes them
	tree         markdown.Node // theirs
	change       Change
	outcome      outcome
	dropsEdits   bool // the document's text is replaced, and kept as a version

	want      markdown.Node    // the document afterwards, if it changes
	settled   bool             // the document then has the record's text
	stale     bool             // theirs was made from a text before the merge base
	conflicts []prose.Conflict // blocks of theirs that are in nothing but a version
	repeated  bool             // the same stale text came before, with no edit since
}

// compare compares the record's text with d's document.
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

// decide returns the outcome for a document with the text ours and the merge base b, and a
// record with the text theirs; dropsEdits is set if edits are lost with that. Edits of a text
// that was not the draft are replaced by the draft, and those of a deleted record by the
// record that was created in its place.
func decide(b mergeBase, ours, theirs string, now Text) (o outcome, dropsEdits bool) {
	edited := b.known() && hashOf(ours) != b.hash || !b.known() && ours != ""
	switch {
	case ours == theirs:
		return takeNothing, false
	case b.known() && hashOf(theirs) == b.hash, b.gone && b.is(now.Revision):
		return takeNothing, false // also if the record was deleted, and is restored
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
// known: the merge base, or a text before it. In the latter case c.stale is set.
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

// withoutTitle drops the title above c.theirs if the text below it was made from the
// document's, or from that of the merge base.
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
