package engine

import (
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/prose"
)

// outcome is what becomes of a text that differs from the one a room goes back to.
type outcome int

const (
	agreed   outcome = iota // it says what the document says, or what it said before
	brought                 // the document is brought to it
	merged                  // the document has edits that are not saved, and is brought to both
	declined                // the document has edits that are not saved, and keeps them
)

// comparison is a record's text beside a document, and what is to become of both.
type comparison struct {
	ours, theirs string        // as a document writes them
	tree         markdown.Node // of theirs
	change       Change
	how          outcome
	lost         bool // the document's text gives way, and is kept as a version

	want      markdown.Node    // what the document is brought to, if it is
	settled   bool             // the document says then what the record says
	stale     bool             // what was changed is a text from before the base
	conflicts []prose.Conflict // blocks of theirs that are in nothing but a version
	repeated  bool             // the same older text came before, and nobody has written since
}

// compare reads the record's text beside p's document.
func (r *room) compare(p *page, now Text) (c comparison, err error) {
	if c.ours, err = r.says(p); err != nil {
		return c, err
	}
	if c.tree, c.theirs, err = r.parse(now.Markdown, p.direct); err != nil {
		return c, err
	}
	if err := r.withoutTitle(p, &c, now); err != nil {
		return c, err
	}
	if p.base.known() && p.base.whole == now.ShowsDrafts {
		c.change = r.e.cfg.Records.Change(p.base.mark, now)
	}
	c.how, c.lost = weigh(p.base, c.ours, c.theirs, now)
	c.want, c.settled = c.tree, c.ours == c.theirs || c.how == brought
	return c, nil
}

// weigh says what is to become of a document, given what it goes back to, what it
// says and what the record says; lost is that people's writing goes with that. What
// was written over a text that was not the draft gives way to the draft, and what was
// written in a record that is gone to the record that was made in its place.
func weigh(b base, ours, theirs string, now Text) (how outcome, lost bool) {
	edited := b.known() && hashOf(ours) != b.hash || !b.known() && ours != ""
	switch {
	case ours == theirs:
		return agreed, false
	case b.known() && hashOf(theirs) == b.hash, b.gone && b.mark == now.Revision && b.mark != "":
		return agreed, false // also if the record was gone, and is there again
	case b.gone:
		return brought, true
	case !edited:
		return brought, false
	case b.known() && !b.whole && now.ShowsDrafts:
		return brought, true
	}
	return declined, false
}

// mergeOutside merges a text with a document that it does not replace, if it is known what
// both go back to. That is the base, or a text before it where whoever changed the record
// had that, and the document goes on.
func (r *room) mergeOutside(p *page, c *comparison) error {
	if c.how != declined && (c.how != brought || c.lost) {
		return nil
	}
	was, stale, ok := p.ancestor(c)
	if !ok || c.how == brought && !stale {
		return nil
	}
	return r.guardWords(func() error {
		base, err := markdown.Parse(was)
		if err != nil {
			return err
		}
		ours, err := markdown.Parse(c.ours)
		if err != nil {
			return err
		}
		c.want, c.conflicts = prose.MergeBlocks(base, ours, c.tree)
		c.how, c.stale = merged, stale
		c.settled = len(c.conflicts) == 0 && markdown.Format(c.want) == c.theirs
		return nil
	})
}

// merges is the text that p's document and its record both go back to, if it is known.
func (p *page) merges() (text string, ok bool) {
	text, ok = decompress(p.text.packed)
	return text, ok && hashOf(text) == p.base.hash
}
