package main

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/bench/table"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// drafter makes drafts of a document as a room does: a view of the bytes, its Markdown, and a hash
// of that.
type drafter struct {
	view      *view.View
	rendering prose.Rendering
	hash      hash.Hash
	part      [4096]byte
}

func newDrafter() *drafter { return &drafter{hash: sha256.New()} }

func (d *drafter) draft(state []byte) {
	v, err := view.New(yjs.Trust(state), view.Reuse(d.view))
	if err != nil {
		panic(err)
	}
	text, _ := d.rendering.Markdown(v, markdown.Schema{})
	d.view = v
	d.hash.Reset()
	for len(text) > 0 {
		n := copy(d.part[:], text)
		d.hash.Write(d.part[:n])
		text = text[n:]
	}
}

// cost is the cost of a draft: the shortest time and the least garbage of several, and how many
// blocks were rendered for the last.
type cost struct {
	ms, mb float64
	blocks int
}

func (c cost) String() string {
	return fmt.Sprintf("%.2f ms, %.2f MB, blocks rendered: %d", c.ms, c.mb, c.blocks)
}

// costOf measures drafts of several states, each by a drafter.
func costOf(states [][]byte, by func() *drafter) (all cost) {
	for i, state := range states {
		d := by()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		d.draft(state)
		ms := float64(time.Since(start)) / 1e6
		runtime.ReadMemStats(&after)
		mb := float64(after.TotalAlloc-before.TotalAlloc) / 1e6
		if all.blocks = d.rendering.Rendered(); i == 0 {
			all.ms, all.mb = ms, mb
		}
		all.ms, all.mb = min(all.ms, ms), min(all.mb, mb)
	}
	return all
}

// draftCosts returns the cost of the first draft of a document, and of one after a keystroke.
func draftCosts(d *ydoc.Doc) (first, next cost) {
	const keystrokes = 30
	before := d.AppendState(nil)
	states := make([][]byte, keystrokes)
	for i := range states {
		typeInto(d, uint64(i))
		states[i] = d.AppendState(nil)
	}
	first = costOf(states, newDrafter)
	kept := newDrafter()
	kept.draft(before)
	return first, costOf(states, func() *drafter { return kept })
}

// typeInto inserts one character behind a text in the middle of a document.
func typeInto(d *ydoc.Doc, clock uint64) {
	v, err := view.New(yjs.Trust(d.AppendState(nil)))
	if err != nil {
		panic(err)
	}
	found := textsIn(v.Root(markdown.Schema{}.Root()), nil)
	it := found[len(found)/2]
	w := markdown.Schema{}.NewWriterAt(yjs.ID{Client: 7, Clock: clock})
	w.String(&markdown.Place{Left: it.Last(), HasLeft: true}, "x")
	must(d, lib0.AppendUvarint(w.AppendSections(nil), 0))
}

func textsIn(parent view.Type, found []view.Item) []view.Item {
	for it := range parent.Items() {
		switch {
		case it.Deleted():
		case it.Ref() == yjs.RefString:
			found = append(found, it)
		case it.Ref() == yjs.RefType:
			found = textsIn(it.Type(), found)
		}
	}
	return found
}

// recordOf returns a document with an ordinary record of about size bytes of Markdown.
func recordOf(size int) *ydoc.Doc {
	r := rand.New(rand.NewPCG(8, 0))
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(texts.Record(r) + "\n\n")
	}
	tree, err := markdown.Parse(b.String())
	if err != nil {
		panic(err)
	}
	return loaded(markdown.Schema{}.Seed(tree))
}

// inParagraph returns a document with a text and its history, in a paragraph instead of in a root.
func inParagraph(text *ydoc.Doc) *ydoc.Doc {
	w := markdown.Schema{}.NewWriter(1)
	blank := []markdown.Node{{Name: markdown.Text, Text: " "}}
	paragraph := markdown.Node{Name: markdown.Paragraph, Content: blank}
	root := markdown.Place{Parent: markdown.Schema{}.InRoot()}
	w.Nodes(&root, []markdown.Node{paragraph})
	d := new(ydoc.Doc)
	must(d, lib0.AppendUvarint(w.AppendSections(nil), 0))
	holder := markdown.InType(yjs.ID{Client: 1, Clock: 1})
	state := text.AppendState(nil)
	r := yjs.Trust(state).Read()
	sections := slices.Collect(yjs.Trust(state).Sections())
	out := lib0.AppendUvarint(nil, uint64(len(sections)))
	for r.NextSection() {
		out = yjs.AppendID(lib0.AppendUvarint(out, r.Structs.Left), r.Structs.Next)
		for s := (yjs.Struct{}); r.Structs.Read(&s); {
			if s.HasParent() && s.ParentName != nil {
				out = append(append(append(out, s.Info), holder...), state[s.Body:s.End]...)
			} else {
				out = append(out, state[s.Start:s.End]...)
			}
		}
	}
	must(d, append(out, state[r.Structs.Offset():]...))
	d.ClearChanges()
	return d
}

// drafts measures rendering a document as Markdown, the whole and after a keystroke, and compares
// the small record with the large one.
func drafts(in *input) []table.Row {
	large, largeNext := draftCosts(recordOf(100_000))
	small, smallNext := draftCosts(recordOf(10_000))
	trace, traceNext := draftCosts(inParagraph(merged(in.updates)))
	within := func(c cost, ms, mb float64) bool { return c.ms <= ms && c.mb <= mb }
	quarter := func(c, of cost) bool { return within(c, of.ms/4, of.mb/4) }
	return []table.Row{
		table.New("first draft of a record of 100 KB", large.String(), "≤ 12 ms, 5 MB",
			within(large, 12, 5)),
		table.New("  after a keystroke", largeNext.String(), "≤ 4 ms, 1 MB, 1 block",
			within(largeNext, 4, 1) && largeNext.blocks == 1),
		table.New("first draft of a record of 10 KB", small.String(), "≤ a quarter of that of 100 KB",
			quarter(small, large)),
		table.New("  after a keystroke", smallNext.String(), "≤ a quarter of that of 100 KB, 1 block",
			quarter(smallNext, largeNext) && smallNext.blocks == 1),
		table.New("first draft of the trace, in a paragraph", trace.String(), "≤ 10 ms", trace.ms <= 10),
		table.New("  after a keystroke", traceNext.String(), "≤ 10 ms", traceNext.ms <= 10),
	}
}
