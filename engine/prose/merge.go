package prose

import (
	"maps"
	"reflect"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// Merge merges two trees with a common base: it makes the changes of both, ours first where both
// are in one place. A block that both changed is merged inside if both are of one kind; otherwise
// both stay. No written content is lost: a block that one side changed and the other deleted stays.
// Trees are taken in the normal form of Markdown.
func Merge(base, ours, theirs markdown.Node) markdown.Node {
	m := merger{decide: mergeInside}
	return m.merge(base, ours, theirs)
}

// merger makes one list of blocks of two that go back to a third.
type merger struct {
	// decide says what becomes of a block that both sides changed, each in its own
	// way; nil stands for one that its side deleted. It returns false to have the
	// children of all three merged one by one.
	decide    func(m *merger, base, ours, theirs *markdown.Node) (blocks []markdown.Node, decided bool)
	path      []PathStep // to the block that is being merged
	conflicts []Conflict // that decide has found
}

func (m *merger) merge(base, ours, theirs markdown.Node) markdown.Node {
	base, ours, theirs = Storable(base), Storable(ours), Storable(theirs)
	blocks := m.lists(said(base), said(ours), said(theirs))
	return Storable(markdown.Node{Name: markdown.Doc, Content: blocks})
}

// said are the blocks of a tree: none where it is one empty paragraph.
func said(doc markdown.Node) []markdown.Node {
	if isEmptyParagraph(doc.Content) {
		return nil
	}
	return doc.Content
}

// side is what became of a base on one side: the index of each block, or -1, and up to where its
// own were taken.
type side struct {
	nodes []markdown.Node
	of    []int
	taken int
}

func sideOf(base, nodes []markdown.Node) side {
	return side{nodes: nodes, of: counterparts(base, nodes)}
}

// counterparts says for each block of a which of b it is or has become, or -1.
func counterparts(a, b []markdown.Node) []int {
	units := make([]unit, len(a))
	for i := range a {
		units[i].node = a[i]
		units[i].setKeys(a[i : i+1])
	}
	match := matched(units, b)
	partners := pairs(units, b, match)
	of := make([]int, len(a))
	for i := range of {
		of[i] = -1
	}
	for j := range b {
		if i := max(match[j], partners[j]); i >= 0 {
			of[i] = j
		}
	}
	return of
}

// own are the blocks before one that the base did not have.
func (s *side) own(before int) []markdown.Node {
	list := s.nodes[s.taken:before]
	s.taken = before
	return list
}

func (m *merger) lists(base, ours, theirs []markdown.Node) (merged []markdown.Node) {
	o, t := sideOf(base, ours), sideOf(base, theirs)
	n := make(numbers)
	for i := range base {
		merged = n.append(merged, both(o.upTo(i), t.upTo(i)))
		m.path = append(m.path, PathStep{base[i].Name, n[base[i].Name] + 1})
		merged = n.append(merged, m.block(&base[i], o.block(i), t.block(i)))
		m.path = m.path[:len(m.path)-1]
	}
	return append(merged, both(o.own(len(ours)), t.own(len(theirs)))...)
}

// upTo are a side's own blocks before a block of the base. What stands where it deleted one may
// have come in its place.
func (s *side) upTo(i int) []markdown.Node {
	for k := i; k < len(s.of); k++ {
		if s.of[k] >= 0 {
			list := s.own(s.of[k])
			if k == i {
				s.taken++
			}
			return list
		}
	}
	return s.own(len(s.nodes))
}

// block is what a block of the base has become, nil if it was deleted.
func (s *side) block(i int) *markdown.Node {
	if s.of[i] < 0 {
		return nil
	}
	return &s.nodes[s.of[i]]
}

// both are two lists written in one place: what they share once.
func both(ours, theirs []markdown.Node) (list []markdown.Node) {
	match, from := align(keysOf(ours), keysOf(theirs)), 0
	for i := range ours {
		if match[i] >= 0 {
			list = append(list, theirs[from:match[i]]...)
			from = match[i] + 1
		}
		list = append(list, ours[i])
	}
	return append(list, theirs[from:]...)
}

func keysOf(nodes []markdown.Node) []string {
	keys := make([]string, len(nodes))
	for i := range nodes {
		keys[i] = key(nodes[i])
	}
	return keys
}

// block merges what has become of a block.
func (m *merger) block(base, ours, theirs *markdown.Node) []markdown.Node {
	switch {
	case same(ours, theirs), same(theirs, base):
		return some(ours)
	case same(ours, base):
		return some(theirs)
	}
	if blocks, decided := m.decide(m, base, ours, theirs); decided {
		return blocks
	}
	merged := markdown.Node{Name: base.Name, Attrs: mergeAttrs(base.Attrs, ours.Attrs, theirs.Attrs)}
	merged.Content = m.lists(base.Content, ours.Content, theirs.Content)
	return []markdown.Node{merged}
}

// same reports whether two blocks are equal, or both deleted.
func same(a, b *markdown.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	return equal(*a, *b)
}

// some are the blocks that one has become.
func some(n *markdown.Node) []markdown.Node {
	if n == nil {
		return nil
	}
	return []markdown.Node{*n}
}

// mergeInside has a line say what both sides wrote in it, and a block stay that one side deleted.
func mergeInside(_ *merger, base, ours, theirs *markdown.Node) (
	blocks []markdown.Node, decided bool,
) {
	switch {
	case ours == nil:
		return some(theirs), true
	case theirs == nil:
		return some(ours), true
	case !holdsLine(base):
		return nil, false
	}
	merged := markdown.Node{Name: base.Name, Attrs: mergeAttrs(base.Attrs, ours.Attrs, theirs.Attrs)}
	merged.Content = mergeLines(base.Content, ours.Content, theirs.Content)
	return []markdown.Node{merged}, true
}

// holdsLine reports whether a block holds text itself, and not other blocks.
func holdsLine(n *markdown.Node) bool {
	return n.Name == markdown.Paragraph || n.Name == markdown.Heading || n.Name == markdown.CodeBlock
}

// mergeAttrs takes each attribute from the side that changed it; from ours if both did, unless the
// base does not have it.
func mergeAttrs(base, ours, theirs markdown.Attrs) markdown.Attrs {
	merged := maps.Clone(ours)
	for _, attrs := range [...]markdown.Attrs{base, theirs} {
		for name := range attrs {
			_, known := base[name]
			if reflect.DeepEqual(theirs[name], base[name]) ||
				known && !reflect.DeepEqual(ours[name], base[name]) {
				continue
			}
			if delete(merged, name); theirs[name] != nil {
				merged[name] = theirs[name]
			}
		}
	}
	return merged
}
