package revert

import (
	"cmp"
	"errors"
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// ErrDiffers is returned if the document would not have the content of the earlier state.
var ErrDiffers = errors.New("the edit does not give the document the content of the version")

// Edit returns the update that gives the document now the content of an earlier state, but for the
// roots that are kept as they are; nil if it has that content. kept may be nil. The states need not
// be of the same history. Errors are those of view.New, to which the options are passed, and
// ErrDiffers.
func Edit(
	now, then yjs.CheckedUpdate, kept func(root string) bool, options ...view.Option,
) (update []byte, err error) {
	defer view.Recover(&err)
	if kept == nil {
		kept = func(string) bool { return false }
	}
	r, err := newReverter(now, then, options)
	if err != nil {
		return nil, err
	}
	if Equal(r.now, r.then, kept) {
		return nil, nil
	}
	update = r.plan(kept)
	r.w = writer{next: yjs.ID{Client: clientFor(update, r.now, r.then)}}
	update = r.plan(kept)
	var d ydoc.Doc
	d.Apply(now)
	d.Apply(yjs.Trust(update))
	after, err := view.New(yjs.Trust(d.AppendState(nil)), options...)
	if err == nil && !Equal(after, r.then, kept) {
		err = ErrDiffers
	}
	if err != nil {
		return nil, err
	}
	return update, nil
}

// reverter makes an edit. The items of each document are split where the other one has them split,
// so that each of them is shown by the other, or is not.
type reverter struct {
	now, then *view.View
	w         writer
	deletes   []yjs.DeleteRange
}

func newReverter(now, then yjs.CheckedUpdate, options []view.Option) (*reverter, error) {
	var r reverter
	var err error
	if r.now, err = view.New(now, options...); err != nil {
		return nil, err
	}
	if r.then, err = view.New(then, options...); err != nil {
		return nil, err
	}
	atThen, atNow := view.SplitAt(hidden(r.then)), view.SplitAt(hidden(r.now))
	if r.now, err = view.New(now, append(slices.Clone(options), atThen)...); err != nil {
		return nil, err
	}
	r.then, err = view.New(then, append(slices.Clone(options), atNow)...)
	return &r, err
}

// hidden returns the ranges of units that a document does not show: those that are deleted, and
// those that it does not have.
func hidden(v *view.View) []yjs.DeleteRange {
	ranges := v.Deleted()
	for client, end := range v.Clients() {
		ranges = append(ranges, yjs.DeleteRange{Client: client, Clock: end, End: math.MaxUint64})
	}
	return ranges
}

// shows returns the item of a document that has the units of an item of the other one, if the
// document shows them.
func shows(v *view.View, it view.Item) (view.Item, bool) {
	same, found := v.Find(it.First())
	return same, found && !same.Deleted()
}

// same returns the item of the document that has the units of an item that both show. A text may
// be another: Yjs replaces both halves of a surrogate pair by U+FFFD when something is inserted
// between them, and only one of them may be deleted.
func (r *reverter) same(it view.Item) (same view.Item, shown bool) {
	if it.Ref() != yjs.RefString {
		return shows(r.now, it)
	}
	var text []byte
	units := uint64(0)
	for part := range r.parts(it) {
		text = part.AppendContent(text)
		units += part.Len()
	}
	return same, units == it.Len() && it.Text() == string(text)
}

// parts yields the items of the document that have units of a text and are shown. They may have
// other units, too.
func (r *reverter) parts(it view.Item) iter.Seq[view.Item] {
	return func(yield func(view.Item) bool) {
		id, end := it.First(), it.First().Clock+it.Len()
		for id.Clock < end {
			part, found := r.now.Find(id)
			if !found {
				return // nor does it have any later unit of this client
			}
			if !part.Deleted() && !yield(part) {
				return
			}
			id.Clock = part.First().Clock + part.Len()
		}
	}
}

// deleteParts deletes the units of a text that is copied as a whole.
func (r *reverter) deleteParts(it view.Item) {
	if it.Ref() != yjs.RefString {
		return
	}
	first, end := it.First(), it.First().Clock+it.Len()
	for part := range r.parts(it) {
		begin := part.First().Clock
		r.deletes = append(r.deletes, yjs.DeleteRange{
			Client: first.Client, Clock: max(begin, first.Clock), End: min(begin+part.Len(), end),
		})
	}
}

// plan writes the whole edit.
func (r *reverter) plan(kept func(root string) bool) []byte {
	r.deletes = nil
	for _, name := range rootsOf(r.now, r.then) {
		if !kept(name) {
			r.revert(r.now.Root(name), r.then.Root(name), inRoot(name))
		}
	}
	slices.SortFunc(r.deletes, func(a, b yjs.DeleteRange) int {
		return cmp.Or(cmp.Compare(b.Client, a.Client), cmp.Compare(a.Clock, b.Clock))
	})
	return r.w.update(r.deletes)
}

func rootsOf(a, b *view.View) []string {
	names := map[string]bool{}
	for _, name := range append(a.Roots(), b.Roots()...) {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// revert reverts a type that both documents show.
func (r *reverter) revert(now, then view.Type, parent []byte) {
	for it := range now.Items() {
		r.deleteUnlessShown(it)
	}
	r.list(now, then, parent)
	for _, it := range now.EachEntryItem() {
		r.deleteUnlessShown(it)
	}
	for key, it := range then.EachEntryItem() {
		if !it.Deleted() {
			r.entry(now, key, it, parent)
		}
	}
}

func (r *reverter) deleteUnlessShown(it view.Item) {
	if it.Deleted() {
		return
	}
	if _, shown := shows(r.then, it); !shown {
		r.deletes = it.AppendDeletion(r.deletes)
	}
}

// list writes the items of a list that only the earlier state shows, and reverts those that both
// show.
func (r *reverter) list(now, then view.Type, parent []byte) {
	p := place{parent: parent}
	for first := range now.Items() {
		p.right, p.hasRight = first.First(), true
		break
	}
	for it := range then.Items() {
		if it.Deleted() {
			continue
		}
		same, shown := r.same(it)
		if !shown {
			r.deleteParts(it)
			r.copy(&p, it)
			continue
		}
		p.left, p.hasLeft = it.Last(), true
		p.right, p.hasRight = after(r.now, it.Last())
		if it.Ref() == yjs.RefType {
			r.revert(same.Type(), it.Type(), inType(it.First()))
		}
	}
}

// after returns the unit that follows a unit in its list.
func after(v *view.View, id yjs.ID) (next yjs.ID, found bool) {
	it, found := v.Find(id)
	if !found {
		return next, false
	}
	if id != it.Last() {
		return yjs.ID{Client: id.Client, Clock: id.Clock + 1}, true
	}
	following, found := it.Next()
	if !found {
		return next, false
	}
	return following.First(), true
}

// entry sets a map key to the value that it had, or reverts the value if both show it.
func (r *reverter) entry(now view.Type, key string, it view.Item, parent []byte) {
	if same, shown := r.same(it); shown {
		if it.Ref() == yjs.RefType {
			r.revert(same.Type(), it.Type(), inType(it.First()))
		}
		return
	}
	p := place{parent: parent, key: key, inMap: true}
	if last, ok := now.Entry(key); ok {
		p.left, p.hasLeft = last.Last(), true
	}
	r.copy(&p, it)
}

// copy writes an item again, with everything that its type shows.
func (r *reverter) copy(p *place, it view.Item) {
	r.w.copy(p, it)
	if it.Ref() != yjs.RefType {
		return
	}
	parent := inType(p.left)
	within := place{parent: parent}
	for child := range it.Type().Items() {
		if !child.Deleted() {
			r.copy(&within, child)
		}
	}
	for key, value := range it.Type().EachEntryItem() {
		if !value.Deleted() {
			r.copy(&place{parent: parent, key: key, inMap: true}, value)
		}
	}
}
