package prose

import (
	"maps"
	"reflect"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/align"
)

// Merge merges two trees with a common base: the result has the changes of both, ours first where
// both are at one place. A block that both changed is merged inside if both are of one kind;
// otherwise both stay. No written content is lost: a block that one side changed and the other
// deleted stays. Trees are used in the normal form of Markdown.
func Merge(base, ours, theirs markdown.Node) markdown.Node {
	m := merger{decide: mergeInside}
	return m.merge(base, ours, theirs)
}

// merger merges two lists of blocks with a common base.
type merger struct {
	// decide returns the result for a block that both sides changed, each in its own way; nil
	// stands for a deleted block. If it returns false the children of all three are merged.
	decide func(m *merger, base, ours, theirs *markdown.Node) (
		blocks []markdown.Node, decided bool,
	)
	path      []PathStep // to the block that is being merged
	conflicts []Conflict // found by decide
}

func (m *merger) merge(base, ours, theirs markdown.Node) markdown.Node {
	base, ours, theirs = Storable(base), Storable(ours), Storable(theirs)
	blocks := m.lists(contentOf(base), contentOf(ours), contentOf(theirs))
	return Storable(markdown.Node{Name: markdown.Doc, Content: blocks})
}

// contentOf returns the blocks of a tree, and none if the tree is one empty paragraph.
func contentOf(doc markdown.Node) []markdown.Node {
	if isEmptyParagraph(doc.Content) {
		return nil
	}
	return doc.Content
}

// side is one side of a merge.
type side struct {
	nodes []markdown.Node
	of    []int // for each block of the base its index in nodes, -1 if it was deleted
	taken int   // how many of nodes are merged already
}

func sideOf(base, nodes []markdown.Node) side {
	return side{nodes: nodes, of: counterparts(base, nodes)}
}

// counterparts returns for each block of a the index of the block of b that equals it or was made
// from it, or -1.
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

// own returns the side's own blocks up to nodes[before], which the base does not have.
func (s *side) own(before int) []markdown.Node {
	list := s.nodes[s.taken:before]
	s.taken = before
	return list
}

// lists merges two lists of blocks.
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

// upTo returns the side's own blocks before block i of the base, and counts that as merged. If the
// side deleted block i, these are its own blocks up to the next block that it kept, as they may
// have replaced block i.
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

// block returns the side's version of a block of the base, nil if it was deleted.
func (s *side) block(i int) *markdown.Node {
	if s.of[i] < 0 {
		return nil
	}
	return &s.nodes[s.of[i]]
}

// both merges two lists of blocks that were inserted at the same place. Equal blocks are taken
// once.
func both(ours, theirs []markdown.Node) (list []markdown.Node) {
	match, from := align.Match(keysOf(ours), keysOf(theirs)), 0
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

// block merges two versions of a block of the base.
func (m *merger) block(base, ours, theirs *markdown.Node) []markdown.Node {
	switch {
	case same(ours, theirs), same(theirs, base):
		return oneOrNone(ours)
	case same(ours, base):
		return oneOrNone(theirs)
	}
	if blocks, decided := m.decide(m, base, ours, theirs); decided {
		return blocks
	}
	merged := mergeHeads(base, ours, theirs)
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

// oneOrNone returns a list of the block, which is empty if n is nil.
func oneOrNone(n *markdown.Node) []markdown.Node {
	if n == nil {
		return nil
	}
	return []markdown.Node{*n}
}

// mergeInside keeps a block that one side deleted and the other changed, and merges lines by words.
func mergeInside(_ *merger, base, ours, theirs *markdown.Node) (
	blocks []markdown.Node, decided bool,
) {
	switch {
	case ours == nil:
		return oneOrNone(theirs), true
	case theirs == nil:
		return oneOrNone(ours), true
	case !holdsLine(base):
		return nil, false
	}
	merged := mergeHeads(base, ours, theirs)
	merged.Content = mergeLines(base.Content, ours.Content, theirs.Content)
	return []markdown.Node{merged}, true
}

// holdsLine reports whether a block holds text itself, and not other blocks.
func holdsLine(n *markdown.Node) bool {
	switch n.Name {
	case markdown.Paragraph, markdown.Heading, markdown.CodeBlock:
		return true
	}
	return false
}

// mergeHeads merges a block without its content.
func mergeHeads(base, ours, theirs *markdown.Node) markdown.Node {
	attrs := mergeAttrs(base.Attrs, ours.Attrs, theirs.Attrs)
	return markdown.Node{Name: base.Name, Attrs: attrs}
}

// mergeAttrs takes each attribute from the side that changed it. If both changed it, it takes that
// of ours if the base has it, else that of theirs.
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
