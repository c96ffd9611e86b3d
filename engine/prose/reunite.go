package prose

import (
	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Reunite is the update that a room needs together with returning: all that
// somebody has whose document was seeded with another text. Merged plainly, both
// texts would stand there. With it the returning one is deleted, and what was
// written upon it is in the room's text, as Merge has it. It is nil where
// nothing needs to be done; its error is view.New's, which is given the options.
func Reunite(room, returning codec.CheckedUpdate, s markdown.Schema, options ...view.Option) ([]byte, error) {
	r, err := meet(room, returning, s, options)
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
	update := write(r.union, s, func(e *editor) {
		l := rootOf(r.union, s)
		e.arrange(l, blocks(mine), &unit{node: markdown.Node{Name: markdown.Doc}}, want)
		for _, u := range foreign {
			e.delete(l.items[u.from])
		}
	})
	if !says(codec.Trust(r.state), update, s, want, options) {
		return replace(r.union, s, want), nil
	}
	return update, nil
}

// reunion is a room and who returns to it.
type reunion struct {
	treeReader
	known     map[uint64]uint64 // clocks that the room has
	live      map[codec.ID]bool // what stands in the room's fragment
	union     *view.View
	state     []byte     // that union is of
	returning *view.View // the document of who returns, or union if it is not whole
	seeds     map[uint64]bool
}

func meet(room, returning codec.CheckedUpdate, s markdown.Schema, options []view.Option) (*reunion, error) {
	before, err := view.New(room, options...)
	if err != nil {
		return nil, err
	}
	r := &reunion{treeReader: treeReader{s}, known: make(map[uint64]uint64), live: make(map[codec.ID]bool), seeds: make(map[uint64]bool)}
	for id, clock := range before.Clients() {
		r.known[id] = clock
	}
	for _, it := range rootOf(before, s).items {
		if !it.Deleted() {
			r.live[it.First()] = true
		}
	}
	if r.union, r.state, err = together(options, room, returning); err != nil {
		return nil, err
	}
	if r.returning, _, err = together(options, returning); err != nil {
		r.returning = r.union
	}
	for id := range r.returning.Clients() {
		if markdown.IsSeedClient(id) && r.returning.Alive(id) && !before.Alive(id) {
			r.seeds[id] = true
		}
	}
	return r, nil
}

// together integrates what some updates make.
func together(options []view.Option, updates ...codec.CheckedUpdate) (*view.View, []byte, error) {
	var d ydoc.Doc
	for _, u := range updates {
		if o := d.Apply(u); o.Missing || o.Dropped {
			return nil, nil, view.ErrIncomplete
		}
	}
	state := d.AppendState(nil)
	v, err := view.New(codec.Trust(state), options...)
	return v, state, err
}

// split tells what stands in the room already from what does not.
func (r *reunion) split(v *view.View) (mine, foreign []unit) {
	l := rootOf(v, r.schema)
	for _, u := range r.each(l) {
		if r.live[l.items[u.from].First()] {
			mine = append(mine, u)
		} else {
			foreign = append(foreign, u)
		}
	}
	return mine, foreign
}

// tree is what units say.
func (r *reunion) tree(units []unit) markdown.Node {
	doc := markdown.Node{Name: markdown.Doc}
	for i := range units {
		doc.Content = append(doc.Content, units[i].nodes()...)
	}
	return Storable(doc)
}

// theirs is what the document of who returns says beside the room's.
func (r *reunion) theirs() markdown.Node {
	_, foreign := r.split(r.returning)
	return r.tree(foreign)
}

// base is what both sides go back to: of the returning document what the room
// has known, and its seed. What was deleted there counts as if it had been what ours has in its place.
func (r *reunion) base(ours markdown.Node) markdown.Node {
	l := rootOf(r.returning, r.schema)
	kept := l.items[:0]
	for _, it := range l.items {
		if !r.live[it.First()] {
			kept = append(kept, it)
		}
	}
	f := filler{r.schema}
	return Storable(markdown.Node{Name: markdown.Doc, Content: f.blocks(r.past(kept, r.end), ours.Content)})
}
