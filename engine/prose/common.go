package prose

import "github.com/civicpress/civic-realtime/codec/markdown"

// withCommon returns base with the content that ours and theirs both have beyond it in one place,
// and without what both have deleted. As both were made from an earlier state with that content,
// the result is a better merge base for them. Trees are used in the normal form of Markdown.
func withCommon(base, ours, theirs markdown.Node) markdown.Node {
	base, ours, theirs = Storable(base), Storable(ours), Storable(theirs)
	list := commonLists(contentOf(base), contentOf(ours), contentOf(theirs))
	return Storable(markdown.Node{Name: markdown.Doc, Content: list})
}

// commonLists is withCommon for lists of blocks.
func commonLists(base, ours, theirs []markdown.Node) (list []markdown.Node) {
	o, t := relatedTo(base, ours), relatedTo(base, theirs)
	c := commonBlocks{keptOf(base, o), keptOf(base, t), ours, theirs}
	for i := range base {
		if o.of[i] < 0 || t.of[i] < 0 {
			continue
		}
		list = append(list, c.between(o.taken, o.of[i], t.taken, t.of[i])...)
		list = append(list, blockWithCommon(base[i], ours[o.of[i]], theirs[t.of[i]]))
		o.taken, t.taken = o.of[i]+1, t.of[i]+1
	}
	return append(list, c.between(o.taken, len(ours), t.taken, len(theirs))...)
}

// relatedTo is sideOf, but no block is taken to be made from a block with which it shares no word.
func relatedTo(base, nodes []markdown.Node) side {
	s := sideOf(base, nodes)
	for i, j := range s.of {
		if j >= 0 && !equal(base[i], nodes[j]) &&
			countWords(&base[i]).similarity(countWords(&nodes[j])) == 0 {
			s.of[i] = -1
		}
	}
	return s
}

// keptOf returns, for each block of a side, the block of the base that it was made from, or nil.
func keptOf(base []markdown.Node, s side) []*markdown.Node {
	kept := make([]*markdown.Node, len(s.nodes))
	for i, j := range s.of {
		if j >= 0 {
			kept[j] = &base[i]
		}
	}
	return kept
}

func blockWithCommon(base, ours, theirs markdown.Node) markdown.Node {
	if holdsLine(&base) {
		base.Content, _ = commonLine(base.Content, ours.Content, theirs.Content)
	} else {
		base.Content = commonLists(base.Content, ours.Content, theirs.Content)
	}
	return base
}

// commonBlocks has two lists of blocks, and for each block the one of the base that it was made
// from.
type commonBlocks struct {
	oursKept, theirsKept []*markdown.Node
	ours, theirs         []markdown.Node
}

// between returns what ours[from:to] and theirs[start:end] have in common, and the blocks of the
// base that one of them has. There is none that both have.
func (c *commonBlocks) between(from, to, start, end int) (list []markdown.Node) {
	keep := func(kept ...*markdown.Node) {
		for _, n := range kept {
			list = append(list, oneOrNone(n)...)
		}
	}
	taken := start
	for i, j := range counterparts(c.ours[from:to], c.theirs[start:end]) {
		i, j = from+i, start+j
		n, ok := markdown.Node{}, false
		if j >= start {
			n, ok = commonBlock(c.ours[i], c.theirs[j])
		}
		if !ok {
			keep(c.oursKept[i])
			continue
		}
		keep(c.theirsKept[taken:j]...)
		list, taken = append(list, n), j+1
	}
	keep(c.theirsKept[taken:end]...)
	return list
}

// commonBlock returns what two blocks of one kind have in common; false if that is nothing.
func commonBlock(ours, theirs markdown.Node) (common markdown.Node, ok bool) {
	switch {
	case equal(ours, theirs):
		return ours, true
	case ours.Name == markdown.TableRow:
		return commonRow(ours, theirs)
	}
	common = markdown.Node{Name: ours.Name, Attrs: ours.Attrs}
	if holdsLine(&ours) {
		common.Content, ok = commonLine(nil, ours.Content, theirs.Content)
		return common, ok
	}
	common.Content = commonLists(nil, ours.Content, theirs.Content)
	return common, len(common.Content) > 0
}

// commonRow compares rows cell by cell. A cell without anything in common is empty.
func commonRow(ours, theirs markdown.Node) (common markdown.Node, ok bool) {
	if len(ours.Content) != len(theirs.Content) {
		return common, false
	}
	common = markdown.Node{Name: ours.Name, Attrs: ours.Attrs}
	for i := range ours.Content {
		cell, some := commonBlock(ours.Content[i], theirs.Content[i])
		common.Content, ok = append(common.Content, cell), ok || some
	}
	return common, ok
}
