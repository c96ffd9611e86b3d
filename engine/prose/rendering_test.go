package prose

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// TestRendering changes documents in all ways at random, and renders them after each change. With
// the cached blocks the Markdown is the same as without.
func TestRendering(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 0))
	known := 0
	var spare *view.View // of another document, for its memory
	for range 60 {
		d := renderedDoc{t: t, r: r, schema: []markdown.Schema{{}, markdown.TipTap}[r.IntN(2)],
			view: spare}
		d.begin()
		for range 40 {
			d.change()
			known += d.render()
		}
		spare = d.view
	}
	if known < 2000 {
		t.Errorf("only %d blocks were known", known)
	}
}

// renderedDoc is a document that is changed at random and rendered after each change.
type renderedDoc struct {
	t         *testing.T
	r         *rand.Rand
	schema    markdown.Schema
	state     yjs.CheckedUpdate
	rendering Rendering
	view      *view.View // the next one reuses its memory
}

// begin makes a document with text in elements, or in texts in those. Some have inline content
// beside the blocks.
func (d *renderedDoc) begin() {
	doc := texts.Marked(d.r)
	switch d.r.IntN(4) {
	case 0:
		doc = markdown.Node{Name: markdown.Doc, Content: texts.Nodes(d.r, 4)}
	case 1:
		for range 6 {
			doc.Content = append(doc.Content, texts.Marked(d.r).Content...)
		}
	case 2:
		for range 8 {
			doc.Content = append(doc.Content, d.numbered())
		}
	}
	w := d.schema.NewWriter(1)
	w.DirectText = d.r.IntN(3) == 0
	w.Nodes(&markdown.Place{Parent: d.schema.InRoot()}, doc.Content)
	d.state = checked(d.t, lib0.AppendUvarint(w.AppendSections(nil), 0))
}

// numbered returns a block, most often with a number that is an attribute. The lists may be
// adjacent to others.
func (d *renderedDoc) numbered() markdown.Node {
	line := []markdown.Node{{Name: markdown.Text, Text: "text"}}
	switch d.r.IntN(4) {
	case 0:
		return markdown.Node{Name: markdown.Heading,
			Attrs: markdown.Attrs{"level": float64(1 + d.r.IntN(6))}, Content: line}
	case 1:
		return markdown.Node{Name: markdown.Paragraph, Content: line}
	}
	item := markdown.Node{Name: markdown.ListItem,
		Content: []markdown.Node{{Name: markdown.Paragraph, Content: line}}}
	list := markdown.Node{Name: markdown.OrderedList,
		Attrs: markdown.Attrs{"order": float64(1 + d.r.IntN(12))}, Content: []markdown.Node{item}}
	if d.r.IntN(3) == 0 {
		list.Name = markdown.BulletList
	}
	return list
}

// change makes a random change.
func (d *renderedDoc) change() {
	v := viewOf(d.t, d.state)
	switch d.r.IntN(14) {
	case 13:
		d.rendering = Rendering{} // as if it was dropped from the cache
	case 12:
		d.writeBeside(v)
	case 0:
		tree := markdown.Normalize(Read(v, d.schema))
		at := d.r.IntN(len(tree.Content) + 1)
		tree.Content = slices.Insert(tree.Content, at, texts.Marked(d.r).Content...)
		d.edit(tree)
	case 1:
		tree := markdown.Normalize(Read(v, d.schema))
		d.r.Shuffle(len(tree.Content), func(i, j int) { tree.Content[i], tree.Content[j] = tree.Content[j], tree.Content[i] })
		d.edit(tree)
	case 2:
		d.state = checked(d.t, v.AppendCompacted(nil))
	case 3, 4:
		d.delete(v)
	default:
		d.write(v)
	}
}

// writeBeside writes blocks into another fragment, which are not rendered.
func (d *renderedDoc) writeBeside(v *view.View) {
	other := d.schema
	other.Fragment = "beside"
	w := d.writer(v)
	w.Nodes(&markdown.Place{Parent: other.InRoot()}, []markdown.Node{d.numbered(), d.numbered()})
	d.merge(w)
}

func (d *renderedDoc) edit(tree markdown.Node) {
	update, err := Edit(d.state, d.schema, tree)
	if err != nil {
		d.t.Fatal(err)
	}
	d.state = merged(d.t, d.state.Bytes(), update)
}

// spot is an item of the document, with the next item of the same type.
type spot struct {
	it      view.Item
	next    view.Item
	hasNext bool
}

// spots returns all items of a type, and of the types in it.
func spots(parent view.Type) (all []spot) {
	items := slices.Collect(parent.Items())
	for i, it := range items {
		p := spot{it: it}
		if p.hasNext = i+1 < len(items); p.hasNext {
			p.next = items[i+1]
		}
		all = append(all, p)
		if it.Ref() == yjs.RefType && !it.Deleted() {
			all = append(all, spots(it.Type())...)
		}
	}
	return all
}

// writer returns a writer of one of two clients.
func (d *renderedDoc) writer(v *view.View) *markdown.Writer {
	next := yjs.ID{Client: uint64(2 + d.r.IntN(2))}
	for id, clock := range v.Clients() {
		if id == next.Client {
			next.Clock = clock
		}
	}
	return d.schema.NewWriterAt(next)
}

// behind returns a writer, and the place behind an item.
func (d *renderedDoc) behind(v *view.View, at spot) (*markdown.Writer, markdown.Place) {
	p := markdown.Place{Left: at.it.Last(), HasLeft: true}
	if at.hasNext {
		p.Right, p.HasRight = at.next.First(), true
	}
	return d.writer(v), p
}

// merge merges what a writer wrote into the document.
func (d *renderedDoc) merge(w *markdown.Writer) {
	if w.Len() > 0 {
		d.state = merged(d.t, d.state.Bytes(), lib0.AppendUvarint(w.AppendSections(nil), 0))
	}
}

// typeInText inserts a letter into a random text.
func (d *renderedDoc) typeInText(v *view.View) {
	all := slices.DeleteFunc(spots(v.Root(d.schema.Root())),
		func(s spot) bool { return s.it.Ref() != yjs.RefString || s.it.Deleted() })
	w, p := d.behind(v, all[d.r.IntN(len(all))])
	w.String(&p, "x")
	d.merge(w)
}

// write inserts text, a format or a block behind a random item, or sets attributes of that.
func (d *renderedDoc) write(v *view.View) {
	all := spots(v.Root(d.schema.Root()))
	if len(all) == 0 {
		return
	}
	at := all[d.r.IntN(len(all))]
	if top := slices.Collect(v.Root(d.schema.Root()).Items()); d.r.IntN(3) == 0 {
		at = spot{it: top[d.r.IntN(len(top))]}
	}
	w, p := d.behind(v, at)
	switch d.r.IntN(6) {
	case 0:
		w.Format(&p, d.schema.Name([]string{markdown.Strong, markdown.Em,
			markdown.Link}[d.r.IntN(3)]), []string{"{}", "null",
			`{"href":"/u","title":null}`}[d.r.IntN(3)])
	case 1:
		w.Nodes(&p, texts.Marked(d.r).Content)
	case 2:
		d.setNumbers(w, at.it)
	default:
		w.String(&p, []string{"x", " ", "*", "😀", "1. ", "| "}[d.r.IntN(6)])
	}
	d.merge(w)
}

// setNumbers sets the attributes of an element whose values are numbers.
func (d *renderedDoc) setNumbers(w *markdown.Writer, it view.Item) {
	if it.Ref() != yjs.RefType {
		return
	}
	for _, key := range []string{"level", "order"} {
		key = d.schema.Attr(d.schema.Canonical(it.Type().Name()), key)
		p := markdown.Place{Parent: markdown.InType(it.First())}
		if last, ok := it.Type().Entry(key); ok {
			p.Left, p.HasLeft = last.Last(), true
		}
		w.Attribute(p, key, float64(1+d.r.IntN(12)))
	}
}

// delete deletes a part of a random item.
func (d *renderedDoc) delete(v *view.View) {
	all := spots(v.Root(d.schema.Root()))
	if len(all) == 0 {
		return
	}
	it := all[d.r.IntN(len(all))].it
	at := yjs.DeleteRange{Client: it.First().Client,
		Clock: it.First().Clock + d.r.Uint64N(it.Len())}
	at.End = at.Clock + 1 + d.r.Uint64N(it.First().Clock+it.Len()-at.Clock)
	d.state = merged(d.t, d.state.Bytes(), yjs.AppendDeletes([]byte{0}, []yjs.DeleteRange{at}))
}

// render renders the document, checks the Markdown, and returns how many blocks were in the cache.
func (d *renderedDoc) render() (known int) {
	d.t.Helper()
	v, err := view.New(d.state, view.Reuse(d.view))
	if err != nil {
		d.t.Fatal(err)
	}
	before := d.rendering.known
	got, direct := d.rendering.Markdown(v, d.schema)
	v.Release()
	d.view = v
	whole := viewOf(d.t, d.state)
	if want := markdown.Format(Read(whole, d.schema)); got != want ||
		direct != HasDirectText(whole, d.schema) {
		d.t.Fatalf("rendered as\n%s\nwant\n%s", got, want)
	}
	for is := range d.rendering.known {
		if _, ok := before[is]; ok {
			known++
		}
	}
	if len(d.rendering.known) > 0 && (d.rendering.Size() < len(got) || d.rendering.Size() > 8*len(got)+blockBytes*len(d.rendering.known)) {
		d.t.Fatalf("a rendering of %d bytes says that it takes %d", len(got), d.rendering.Size())
	}
	return known
}

// TestRenderingSteps shows that after a keystroke no other block is rendered again than the one
// that it changed.
func TestRenderingSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(42, 0))
	var b strings.Builder
	for b.Len() < 100_000 {
		b.WriteString(texts.Record(r) + "\n\n")
	}
	d := renderedDoc{t: t, r: r, state: seeded(t, b.String())}
	d.render()
	typed := 0
	for range 20 {
		before := len(d.rendering.known)
		d.typeInText(viewOf(t, d.state))
		known := d.render()
		if before-known > 2 {
			t.Errorf("%d of %d blocks were rendered again", before-known, before)
		}
		typed += before - known
	}
	if typed == 0 {
		t.Error("nothing was changed")
	}
}

// TestRenderingAllocs bounds the bytes that are allocated for rendering a record of 100 KB, for the
// first time and after a keystroke.
func TestRenderingAllocs(t *testing.T) {
	r := rand.New(rand.NewPCG(44, 0))
	var b strings.Builder
	for b.Len() < 100_000 {
		b.WriteString(texts.Record(r) + "\n\n")
	}
	d := renderedDoc{t: t, r: r, state: seeded(t, b.String())}
	garbage := func() uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v, err := view.New(d.state, view.Reuse(d.view))
		if err != nil {
			t.Fatal(err)
		}
		d.rendering.Markdown(v, markdown.Schema{})
		d.view = v
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if n := garbage(); n > 5<<20 {
		t.Errorf("%d bytes the first time", n)
	}
	for range 5 {
		d.typeInText(viewOf(t, d.state))
		if n := garbage(); n > 512<<10 || d.rendering.Rendered() > 2 {
			t.Errorf("%d bytes after a keystroke, %d blocks rendered", n, d.rendering.Rendered())
		}
	}
}

// TestRenderingBudget shows that a document that takes too many steps to read is not rendered, and
// leaves the cache as it was.
func TestRenderingBudget(t *testing.T) {
	var r Rendering
	r.Markdown(viewOf(t, seeded(t, "one\n\ntwo")), markdown.Schema{})
	size := r.Size()
	w := markdown.Schema{}.NewWriter(1)
	p := markdown.Place{Parent: markdown.Schema{}.InRoot()}
	w.Nodes(&p, []markdown.Node{{Name: markdown.Paragraph,
		Content: []markdown.Node{{Name: markdown.Text, Text: "a"}}}})
	inText := markdown.Place{Parent: markdown.InType(yjs.ID{Client: 1, Clock: 1}),
		Left: yjs.ID{Client: 1, Clock: 2}, HasLeft: true}
	w.Format(&inText, "link", `{"href":"`+strings.Repeat("a", 10_000)+`"}`)
	for range 100 {
		w.String(&inText, "a")
		w.Format(&inText, "em", "{}")
		w.Format(&inText, "em", "null")
	}
	v, err := view.New(checked(t, lib0.AppendUvarint(w.AppendSections(nil), 0)),
		view.MaxSteps(100_000))
	if err != nil {
		t.Fatal(err)
	}
	err = func() (err error) {
		defer view.Recover(&err)
		r.Markdown(v, markdown.Schema{})
		return nil
	}()
	if !errors.Is(err, view.ErrBudget) || r.Size() != size {
		t.Errorf("error %v, %d bytes, want %d", err, r.Size(), size)
	}
}
