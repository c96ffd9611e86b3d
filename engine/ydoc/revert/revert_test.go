package revert

import (
	"errors"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// document is a document that one client edits. TestRevert of package fuzz has documents that
// several clients edit, in all ways that Yjs has.
type document struct {
	t   *testing.T
	doc ydoc.Doc
	end uint64 // the client's next clock
}

const author = 7

// put adds a struct with this content. head is its info, and what is before the content.
func (d *document) put(units uint64, head, content string) {
	d.t.Helper()
	b := yjs.AppendID(lib0.AppendUvarint(lib0.AppendUvarint(nil, 1), 1), yjs.ID{Client: author, Clock: d.end})
	d.apply(append(append(append(b, head...), content...), 0))
	d.end += units
}

func (d *document) delete(clock, n uint64) {
	d.t.Helper()
	d.apply(yjs.AppendDeletes([]byte{0}, []yjs.DeleteRange{{Client: author, Clock: clock, End: clock + n}}))
}

func (d *document) apply(b []byte) {
	d.t.Helper()
	u, err := yjs.CheckUpdate(b)
	if err != nil {
		d.t.Fatalf("%q: %v", b, err)
	}
	d.doc.Apply(u)
}

func (d *document) state() yjs.CheckedUpdate { return yjs.Trust(d.doc.AppendState(nil)) }

func (d *document) view() *view.View {
	d.t.Helper()
	v, err := view.New(d.state())
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// revertTo reverts the document, and returns the length of the edit.
func (d *document) revertTo(then yjs.CheckedUpdate, kept func(string) bool) int {
	d.t.Helper()
	edit, err := Edit(d.state(), then, kept)
	if err != nil {
		d.t.Fatal(err)
	}
	if edit != nil {
		d.apply(edit)
	}
	return len(edit)
}

// Heads of structs: in a root, behind a unit of the author, in a type that the author made.
func inText(name string) string { return "\x04\x01" + string(rune(len(name))) + name }

// TestEdit shows that text that was deleted comes back at its place, and that text that was written
// since goes, and that what both states show keeps its structs.
func TestEdit(t *testing.T) {
	d := &document{t: t}
	d.put(11, inText("text"), "\x0bHello world")
	then := d.state()
	d.delete(0, 6)                               // "world"
	d.put(4, "\x84\x07\x0a", "\x04 and")         // "world and"
	d.put(4, "\xc4\x07\x06\x07\x07", "\x04more") // "wmoreorld and"
	if got := d.view().Root("text").String(); got != "wmoreorld and" {
		t.Fatalf("%q", got)
	}
	if d.revertTo(then, nil) == 0 {
		t.Error("there is no edit")
	}
	v := d.view()
	if got := v.Root("text").String(); got != "Hello world" {
		t.Errorf("%q", got)
	}
	if !v.Alive(author, 11) {
		t.Error("the text that both show has other structs")
	}
	if n := d.revertTo(then, nil); n != 0 {
		t.Errorf("the edit to the same content has %d bytes", n)
	}
}

// TestEditOfTypes shows that a type that was deleted comes back with all that was in it, and a map
// key with its value.
func TestEditOfTypes(t *testing.T) {
	d := &document{t: t}
	d.put(1, "\x07\x01\x03xml", "\x03\x01p")                  // <p>, clock 0
	d.put(2, "\x04\x00\x07\x00", "\x02Hi")                    // in it, clocks 1 and 2
	d.put(1, "\x28\x00\x07\x00\x05align", "\x01\x77\x04left") // an attribute, clock 3
	d.put(1, "\x28\x01\x03map\x01k", "\x01\x77\x03old")       // clock 4
	then := d.state()
	d.delete(0, 4)
	d.put(1, "\xa8\x07\x04", "\x01\x77\x03new") // clock 5 replaces 4
	d.put(1, "\x28\x01\x03map\x01j", "\x01\x79")
	d.revertTo(then, nil)
	v := d.view()
	if got := v.Root("xml").JSON(yjs.TypeXMLFragment); got != `<p align="left">Hi</p>` {
		t.Errorf("%q", got)
	}
	if got := v.Root("map").Entries(); len(got) != 1 || got["k"] != "old" {
		t.Errorf("%v", got)
	}
}

// TestKeptRoots shows that roots that are kept are not changed.
func TestKeptRoots(t *testing.T) {
	d := &document{t: t}
	d.put(3, inText("ours"), "\x03one")
	d.put(3, inText("text"), "\x03two")
	then := d.state()
	d.delete(0, 6)
	d.revertTo(then, func(root string) bool { return root == "ours" })
	if v := d.view(); v.Root("ours").String() != "" || v.Root("text").String() != "two" {
		t.Errorf("%q, %q", v.Root("ours"), v.Root("text"))
	}
}

// TestOtherHistory shows that a document gets the content of one that it shares no struct with.
func TestOtherHistory(t *testing.T) {
	a, b := &document{t: t}, &document{t: t}
	a.put(3, inText("text"), "\x03old")
	b.put(1, "\x28\x01\x03map\x01k", "\x01\x77\x01v")
	var empty ydoc.Doc
	b.revertTo(a.state(), nil)
	if v := b.view(); v.Root("text").String() != "old" || v.Root("map").HasEntries() {
		t.Errorf("%q, %v", v.Root("text"), v.Root("map").Entries())
	}
	b.revertTo(yjs.Trust(empty.AppendState(nil)), nil)
	if v := b.view(); v.Root("text").HasItems() {
		t.Errorf("%q", v.Root("text"))
	}
}

// TestBudget shows that the limit of steps applies.
func TestBudget(t *testing.T) {
	d := &document{t: t}
	d.put(3, inText("text"), "\x03one")
	then := d.state()
	d.delete(1, 1)
	d.put(3, inText("text"), "\x03two")
	d.put(3, inText("text"), "\x03two")
	if _, err := Edit(d.state(), then, nil, view.MaxSteps(1)); !errors.Is(err, view.ErrBudget) {
		t.Errorf("%v", err)
	}
}
