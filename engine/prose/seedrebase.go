package prose

import (
	"iter"
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// RebaseSeed returns the update that must be merged into a room together with returning, the whole
// document of a client that was seeded with another text. Merged alone, returning would add its
// text to the room's. The update deletes the returning text and makes the client's changes in the
// room's text, as Merge does. It is nil if nothing has to be done. The error is that of view.New,
// to which the options are passed.
//
// If the text of the client was deleted in the room by an earlier rebase, returning may be a part
// of its document, with what the room lacks. It is given its place in the room's text, as long as
// the room has the content of what was deleted.
//
// If another room has rebased the client meanwhile, the update edits the client's text instead, and
// is never nil.
func RebaseSeed(room, returning yjs.CheckedUpdate, s markdown.Schema, options ...view.Option) (
	update []byte, err error,
) {
	defer view.Recover(&err)
	r, err := newSeedRebase(room, returning, s, options)
	if err == nil && r.isFromElsewhere() {
		return r.rebaseBack(options)
	}
	if err != nil || len(r.seeds) == 0 && (len(r.hidden) == 0 || r.lacksPlace(returning)) {
		return nil, err
	}
	mine, foreign := r.split(r.union)
	want := r.merge(r.tree(mine))
	update = write(r.union, s, func(e *editor) {
		l := rootOf(r.union, s)
		e.arrange(l, blocks(mine), &unit{node: markdown.Node{Name: markdown.Doc}}, want)
		for _, u := range foreign {
			e.deleteItems(l, u.from, u.to)
		}
		for _, it := range r.foreignItems() {
			e.delete(it) // also what is in blocks that the room has collected
		}
		e.deletes = append(e.deletes, r.hidden...)
		e.others = r.unsigned
	})
	if !makesEqual(yjs.Trust(r.state), update, s, want, options) {
		return replace(r.union, s, want, r.unsigned...), nil
	}
	return update, nil
}

func newSeedRebase(room, returning yjs.CheckedUpdate, s markdown.Schema, options []view.Option) (
	*seedRebase, error,
) {
	before, err := view.New(room, options...)
	if err != nil {
		return nil, err
	}
	r := &seedRebase{
		treeReader: treeReader{schema: s},
		known:      make(map[uint64]uint64), live: make(map[yjs.ID]bool),
		seeds: make(map[uint64]uint64), own: make(map[uint64]uint64),
	}
	for id, clock := range before.Clients() {
		r.known[id] = clock
	}
	for _, it := range rootOf(before, s).items {
		if it.Deleted() {
			continue
		}
		for id, end := it.First(), it.First().Clock+it.Len(); id.Clock < end; id.Clock++ {
			r.live[id] = true
		}
	}
	union, err := integrate(options, room, returning)
	if err != nil {
		return nil, err
	}
	r.union, r.state = union.view, union.state
	theirs, err := integrate(options, returning)
	if r.partial = err != nil; r.partial {
		theirs = union
	}
	r.room, r.returning = before, theirs.view
	r.findSeeds(theirs, union)
	r.findOwnSeeds(union)
	r.deleted = deletesOf(returning)
	r.findHidden(slices.Values(rootOf(r.union, s).items))
	return r, nil
}

// findSeeds finds the seeds of which something is left in the returning document, and nothing in
// the room. A seed of a release without Provenance gets one, as nothing else proves that it is a
// seed after its text is deleted.
func (r *seedRebase) findSeeds(theirs, union integrated) {
	for id := range theirs.doc.Clients() {
		end, ok := seedEnd(&theirs.doc, id)
		if !ok {
			end, ok = seedEnd(&union.doc, id)
		}
		if !ok || !theirs.view.Alive(id, end) || r.room.Alive(id, end) {
			continue
		}
		r.seeds[id] = end
		if w := provenanceFor(&theirs.doc, id, r.schema); w != nil && union.doc.Clock(id) == end {
			r.unsigned = append(r.unsigned, w)
		}
	}
}

// findHidden finds what is new in deleted items.
func (r *seedRebase) findHidden(items iter.Seq[view.Item]) {
	for it := range items {
		if r.isHidden(it) {
			first := it.First()
			r.hidden = append(r.hidden, yjs.DeleteRange{
				Client: first.Client, Clock: first.Clock, End: first.Clock + it.Len(),
			})
		}
		if it.Deleted() && it.Ref() == yjs.RefType {
			r.findHidden(it.Type().Items())
		}
	}
}

// lacksPlace reports whether the room has collected a block in which something of returning is new.
func (r *seedRebase) lacksPlace(returning yjs.CheckedUpdate) bool {
	for u := returning.Read(); u.NextSection(); {
		for s := (yjs.Struct{}); u.Structs.Read(&s); {
			last := yjs.ID{Client: s.Client, Clock: s.Clock + s.Len - 1}
			it, ok := r.union.Find(last)
			if ok && it.Collected() && s.Ref() != yjs.RefGC && r.isHidden(it) {
				return true
			}
		}
	}
	return false
}

// findOwnSeeds finds the seeds of which something is left in the room.
func (r *seedRebase) findOwnSeeds(union integrated) {
	for id := range r.room.Clients() {
		if end, ok := seedEnd(&union.doc, id); ok && r.room.Alive(id, end) {
			r.own[id] = end
		}
	}
}

// integrated is a document and its view.
type integrated struct {
	doc   ydoc.Doc
	state []byte
	view  *view.View
}

// integrate returns the document that updates make.
func integrate(options []view.Option, updates ...yjs.CheckedUpdate) (w integrated, err error) {
	for _, u := range updates {
		if o := w.doc.Apply(u); o.Missing || o.Dropped {
			return w, view.ErrIncomplete
		}
	}
	w.state = w.doc.AppendState(nil)
	w.view, err = view.New(yjs.Trust(w.state), options...)
	return w, err
}

// isLive reports whether an item is in the room and not deleted there.
func (r *seedRebase) isLive(it view.Item) bool { return r.live[it.First()] }

// split returns the units of v that are in the room, and those that are not.
func (r *seedRebase) split(v *view.View) (mine, foreign []unit) {
	l := rootOf(v, r.schema)
	for _, u := range r.each(l) {
		if slices.ContainsFunc(l.items[u.from:u.to], r.isLive) {
			mine = append(mine, u)
		} else {
			foreign = append(foreign, u)
		}
	}
	return mine, foreign
}

// tree returns units as a tree.
func (r *seedRebase) tree(units []unit) markdown.Node {
	doc := markdown.Node{Name: markdown.Doc}
	for i := range units {
		doc.Content = append(doc.Content, units[i].nodes()...)
	}
	return Storable(doc)
}

// theirs returns the part of the client's document that is not in the room, as a tree.
func (r *seedRebase) theirs() markdown.Node {
	_, foreign := r.split(r.returning)
	return r.tree(foreign)
}

// merge merges the client's changes into the room's text.
func (r *seedRebase) merge(ours markdown.Node) markdown.Node {
	if len(r.seeds) == 0 {
		return r.mergeLate(ours)
	}
	theirs := Storable(r.theirs())
	base := r.prior(r.clientItems(), ours)
	if equal(theirs, base) || equal(theirs, ours) {
		return ours // the client has changed nothing
	}
	base = r.withDraft(base, theirs)
	if equal(theirs, base) {
		return ours
	}
	return Merge(base, ours, theirs)
}

// withDraft returns the merge base: base, which is the seed of the returning document with the
// edits that the room knows, with those that the room began with. As the room's seed was a draft
// of an earlier state of the same document, these are what that draft and the client both have;
// and what was deleted since, if the client's document had all of the draft.
func (r *seedRebase) withDraft(base, theirs markdown.Node) markdown.Node {
	if len(r.own) == 0 {
		return base
	}
	draft := r.draft()
	if had := r.had(draft); equal(withCommon(markdown.Node{}, draft, had), draft) {
		theirs = had
	}
	return withCommon(base, draft, theirs)
}

// mergeLate merges the text of the returning document that the room has deleted, and what is new
// there, into ours.
func (r *seedRebase) mergeLate(ours markdown.Node) markdown.Node {
	with := *r
	with.withNew = true
	base, theirs := markdown.Node{Name: markdown.Doc}, markdown.Node{Name: markdown.Doc}
	base.Content = r.priorNodes(r.foreignItems(), r.end)
	theirs.Content = with.priorNodes(r.foreignItems(), r.end)
	switch {
	case r.isFromElsewhere():
		base = withCommon(base, ours, theirs)
	case len(r.own) > 0:
		base = withCommon(base, r.draft(), theirs)
	}
	return Merge(base, ours, theirs)
}

// draft returns the text that the room began with, as far as its content is known.
func (r *seedRebase) draft() markdown.Node {
	room := seedRebase{treeReader: r.treeReader, seeds: r.own, returning: r.room}
	return room.prior(rootOf(r.room, r.schema).items, markdown.Node{})
}

// had returns the client's text with all that is deleted in it, as far as draft has that in the
// same place.
func (r *seedRebase) had(draft markdown.Node) markdown.Node {
	whole := *r
	whole.known = make(map[uint64]uint64)
	for id, clock := range r.returning.Clients() {
		whole.known[id] = clock
	}
	return whole.prior(r.clientItems(), draft)
}

// foreignItems returns the items of the returning document that are not in the room.
func (r *seedRebase) foreignItems() (items []view.Item) {
	for _, it := range rootOf(r.returning, r.schema).items {
		if !r.isLive(it) {
			items = append(items, it)
		}
	}
	return items
}

// clientItems returns the foreign items but for the blocks that both the room and the client have
// deleted, as by an earlier rebase: they do not show what the client has changed.
func (r *seedRebase) clientItems() (items []view.Item) {
	for _, it := range r.foreignItems() {
		if last := it.Last(); !it.Deleted() || last.Clock >= r.known[last.Client] {
			items = append(items, it)
		}
	}
	return items
}

// prior returns what items have that is not new. Deleted content is unknown, and assumed to be the
// content of from in the same place.
func (r *seedRebase) prior(items []view.Item, from markdown.Node) markdown.Node {
	f := placeholderFiller{r.schema}
	filled := f.blocks(r.priorNodes(items, r.end), from.Content)
	return Storable(markdown.Node{Name: markdown.Doc, Content: filled})
}
