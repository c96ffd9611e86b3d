package prose

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Two rooms may have a document of the same record for a while, as when one of two nodes is cut
// off. A client of the first that comes to the second is rebased there, and all clients of the
// second then have the text of the first as deleted content. When they come to the first, that
// deletion comes with them, and nobody meant it.

// isFromElsewhere reports whether another room has rebased the client: nothing is left of a seed of
// this room once the client's document is merged.
func (r *seedRebase) isFromElsewhere() bool {
	for id, end := range r.own {
		if !r.union.Alive(id, end) {
			return true
		}
	}
	return false
}

// rebaseBack returns the update that edits what is left of both texts into their merge. It is never
// nil. The client's text stays, where it is not deleted in the room as well.
func (r *seedRebase) rebaseBack(options []view.Option) (update []byte, err error) {
	ours := r.tree(r.each(rootOf(r.room, r.schema)))
	update, err = Edit(yjs.Trust(r.state), r.schema, r.mergeBack(ours), options...)
	if err == nil && update == nil {
		update = yjs.AppendDeletes([]byte{0}, nil)
	}
	return update, err
}

// mergeBack merges the client's text into ours, the room's. A part of the client's document does
// not tell what of ours its user has deleted: then all of ours stays.
func (r *seedRebase) mergeBack(ours markdown.Node) markdown.Node {
	theirs := Storable(r.theirs())
	if len(r.seeds) == 0 && (r.partial || len(theirs.Content) == 0) {
		return r.mergeLate(ours)
	}
	left, known := r.whenItLeft(theirs), r.prior(r.clientItems(), ours)
	base := Merge(withCommon(markdown.Node{}, left, known), left, known)
	base = withCommon(base, ours, theirs)
	return Merge(base, ours, theirs)
}

// whenItLeft returns the room's text as the client had it when another room rebased it: what it has
// deleted since.
func (r *seedRebase) whenItLeft(theirs markdown.Node) markdown.Node {
	room := seedRebase{
		treeReader: r.treeReader, seeds: r.own, returning: r.room, known: make(map[uint64]uint64),
	}
	for _, d := range r.deleted {
		room.known[d.Client] = max(room.known[d.Client], d.End)
	}
	items := slices.Clone(rootOf(r.room, r.schema).items)
	items = slices.DeleteFunc(items, func(it view.Item) bool {
		return it.Deleted() && !room.isSeed(it.First())
	})
	return room.prior(items, theirs)
}
