package prose

import (
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
func RebaseSeed(room, returning yjs.CheckedUpdate, s markdown.Schema, options ...view.Option) (
	update []byte, err error,
) {
	defer view.Recover(&err)
	r, err := newSeedRebase(room, returning, s, options)
	if err != nil || len(r.seeds) == 0 {
		return nil, err
	}
	mine, foreign := r.split(r.union)
	ours, theirs := r.tree(mine), Storable(r.theirs())
	base := r.base(ours)
	want := ours
	if !equal(theirs, base) && !equal(theirs, ours) {
		want = Merge(base, ours, theirs)
	}
	update = write(r.union, s, func(e *editor) {
		l := rootOf(r.union, s)
		e.arrange(l, blocks(mine), &unit{node: markdown.Node{Name: markdown.Doc}}, want)
		for _, u := range foreign {
			e.deleteItems(l, u.from, u.to)
		}
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
		seeds: make(map[uint64]uint64),
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
	if err != nil {
		theirs = union
	}
	r.returning = theirs.view
	r.findSeeds(before, theirs, union)
	return r, nil
}

// findSeeds finds the seeds of which something is left in the returning document, and nothing in
// the room. A seed of a release without Provenance gets one, as nothing else proves that it is a
// seed after its text is deleted.
func (r *seedRebase) findSeeds(before *view.View, theirs, union integrated) {
	for id := range theirs.doc.Clients() {
		end, ok := seedEnd(&theirs.doc, id)
		if !ok {
			end, ok = seedEnd(&union.doc, id)
		}
		if !ok || !theirs.view.Alive(id, end) || before.Alive(id, end) {
			continue
		}
		r.seeds[id] = end
		if w := provenanceFor(&theirs.doc, id, r.schema); w != nil && union.doc.Clock(id) == end {
			r.unsigned = append(r.unsigned, w)
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

// base returns the merge base: the seed of the returning document, with the edits that the room
// knows. Deleted content is unknown, and assumed to be the content of ours in the same place.
func (r *seedRebase) base(ours markdown.Node) markdown.Node {
	l := rootOf(r.returning, r.schema)
	kept := l.items[:0]
	for _, it := range l.items {
		if !r.live[it.First()] {
			kept = append(kept, it)
		}
	}
	f := placeholderFiller{r.schema}
	filled := f.blocks(r.priorNodes(kept, r.end), ours.Content)
	return Storable(markdown.Node{Name: markdown.Doc, Content: filled})
}
