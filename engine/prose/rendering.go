package prose

import (
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Rendering caches the Markdown of a document's blocks by a fingerprint of their whole content, so
// that only changed blocks are rendered. The zero value is empty.
type Rendering struct {
	known map[fingerprint]markdown.Block
	bytes int
	again int // the number of blocks that the last Markdown had to render
}

// blockBytes is about how many bytes the map needs for a block, beside its text.
const blockBytes = 96

// Size returns about how many bytes the cache needs.
func (r *Rendering) Size() int { return r.bytes }

// Rendered returns the number of blocks that the last Markdown had to render; 0 for a document with
// other content beside blocks, of which nothing is cached.
func (r *Rendering) Rendered() int { return r.again }

// Markdown returns markdown.Format of Read, and whether the document HasDirectText. After that the
// cache has the blocks of this document only. Like view.Item.Spend it may panic, and then leaves
// the cache as it was.
func (r *Rendering) Markdown(v *view.View, s markdown.Schema) (text string, direct bool) {
	direct = HasDirectText(v, s)
	root := v.Root(s.Root())
	blocks, ok := blocksIn(root, s)
	if !ok {
		*r = Rendering{}
		return markdown.Format(Read(v, s)), direct
	}
	p := renderPass{
		reader: treeReader{s, direct, &readMemory{textOnly: true}},
		known:  r.known,
		next:   make(map[fingerprint]markdown.Block, blocks),
		shown:  make([]rendered, 0, blocks),
	}
	p.blocks(root)
	text = p.text()
	*r = Rendering{p.next, p.bytes, p.again}
	return text, direct
}

// blocksIn returns the number of blocks of a document. ok is false if it has other content too.
func blocksIn(root view.Type, s markdown.Schema) (blocks int, ok bool) {
	for it := range root.Items() {
		if it.Deleted() {
			continue
		}
		if it.Ref() != yjs.RefType || !isElement(it.Type()) ||
			markdown.IsInline(s.Canonical(it.Type().Name())) {
			return 0, false
		}
		blocks++
	}
	return blocks, true
}

// renderPass renders one document.
type renderPass struct {
	reader      treeReader
	writer      markdown.BlockWriter
	known, next map[fingerprint]markdown.Block
	shown       []rendered // the blocks that are not empty
	nodes       []markdown.Node
	scratch     []byte
	bytes       int
	again       int
}

type rendered struct {
	is    fingerprint
	typ   view.Type
	block markdown.Block
}

// blocks renders each block by itself.
func (p *renderPass) blocks(root view.Type) {
	for it := range root.Items() {
		if it.Deleted() {
			continue
		}
		typ := it.Type()
		is := p.fingerprint(typ)
		block := p.render(is, typ)
		if block.Text != "" {
			p.shown = append(p.shown, rendered{is, typ, block})
		}
	}
}

// render returns the Markdown of adjacent blocks, from the cache if it is there.
func (p *renderPass) render(is fingerprint, types ...view.Type) markdown.Block {
	if block, ok := p.next[is]; ok {
		return block
	}
	block, ok := p.known[is]
	if !ok {
		p.nodes = p.nodes[:0]
		for _, typ := range types {
			p.nodes = append(p.nodes, p.reader.element(typ))
		}
		block = p.writer.Write(p.nodes...)
		p.reader.memory.reset()
		p.again++
	}
	p.next[is] = block
	p.bytes += len(block.Text) + blockBytes
	return block
}

// text joins the blocks. Those with adjacent ordered lists are rendered together.
func (p *renderPass) text() string {
	var b strings.Builder
	length := 0
	for i := range p.shown {
		length += len(p.shown[i].block.Text) + len("\n\n")
	}
	b.Grow(length)
	for i := 0; i < len(p.shown); {
		end := i + 1
		for end < len(p.shown) && p.hasListsAround(end) {
			end++
		}
		block := p.shown[i].block
		if end > i+1 {
			block = p.together(p.shown[i:end])
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(block.Text)
		i = end
	}
	return b.String()
}

// hasListsAround reports whether an ordered list ends right before block i, and another begins it.
func (p *renderPass) hasListsAround(i int) bool {
	return p.shown[i-1].block.EndsOrdered && p.shown[i].block.StartsOrdered
}

// together renders adjacent blocks as one.
func (p *renderPass) together(group []rendered) markdown.Block {
	p.scratch = p.scratch[:0]
	types := make([]view.Type, len(group))
	for i, one := range group {
		p.scratch = append(append(p.scratch, 'G'), one.is[:]...)
		types[i] = one.typ
	}
	return p.render(sum(p.scratch), types...)
}
