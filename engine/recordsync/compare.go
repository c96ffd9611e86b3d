package recordsync

import (
	"strings"

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
	ours, theirs string        // in the form that documents are rendered to
	tree         markdown.Node // of theirs
	change       Change
	outcome      outcome
	dropsEdits   bool // the document's text is replaced, and kept as a version

	want      markdown.Node    // the document afterwards, if it changes
	settled   bool             // the document then has the record's text
	stale     bool             // theirs was made from a text before the merge base
	conflicts []prose.Conflict // blocks of theirs that only a version keeps
	repeated  bool             // the same stale text came before, with no edit since
	ownDraft  bool             // theirs is a draft that was claimed
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
		c.change = r.s.cfg().Records.Change(d.base.revision, now)
	}
	c.outcome, c.dropsEdits = decide(d.base, c.ours, c.theirs, now)
	c.want, c.settled = c.tree, c.ours == c.theirs || c.outcome == takeTheirs
	return c, nil
}

// decide returns the outcome for a document with the text ours and the merge base b, and a record
// with the text theirs. dropsEdits reports whether the outcome loses edits. A draft replaces the
// edits of a document that was begun without it, and a record that was created in the place of a
// deleted one replaces the edits of that.
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

// merge merges the record's text with the document instead of one replacing the other, if their
// common ancestor is known: the merge base, or with c.stale set a text before it.
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

// withoutTitle drops the title above c.theirs if the text below it was made from the document's
// text, or from that of the merge base.
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
	if derivesFrom(text, c.ours) || ok && derivesFrom(text, was) {
		c.tree, c.theirs = tree, text
	}
	return nil
}

// CivicPress' record form writes the title of a record, as a heading, above the text of
// its editor. In collaborative mode that is the document's text, which mostly begins with
// that heading. Taken as it is, such a text would add a heading to the document each time
// that the form is saved.

// derivesFrom reports whether text may have been made from other: both are equal, or other begins
// with headings, of which text has the first, and no fewer. Both are in the form that documents are
// rendered to.
func derivesFrom(text, other string) bool {
	n := headings(other)
	if n == 0 {
		return text == other
	}
	first, _, _ := strings.Cut(text, "\n")
	heading, _, _ := strings.Cut(other, "\n")
	return first == heading && headings(text) >= n
}

// headings counts the headings of the first level that a text begins with.
func headings(text string) (n int) {
	for line := range strings.SplitSeq(text, "\n\n") {
		if !strings.HasPrefix(line, "# ") {
			break
		}
		n++
	}
	return n
}

// belowTitle returns the text below its title; ok is false if it does not begin with the title.
func belowTitle(text, title string) (below string, ok bool) {
	below, ok = strings.CutPrefix(text, "# "+title)
	if !ok || title == "" || below != "" && below[0] != '\n' && below[0] != '\r' {
		return "", false
	}
	return strings.TrimLeft(below, "\r\n"), true
}
