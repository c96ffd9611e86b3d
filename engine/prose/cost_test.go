package prose

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// page builds a document struct by struct, each at the end of a list.
type page struct {
	structs []byte
	n       uint64
	last    map[int]uint64 // by the parent's clock: the last struct in it
}

const inRoot = -1

// add writes a struct at the end of its parent's list, and returns its clock.
func (p *page) add(parent int, ref byte, content ...string) int {
	if last, ok := p.last[parent]; ok {
		p.structs = yjs.AppendID(append(p.structs, ref|yjs.InfoOrigin),
			yjs.ID{Client: 1, Clock: last})
	} else if parent == inRoot {
		p.structs = lib0.AppendString(append(p.structs, ref, 1), markdown.Schema{}.Root())
	} else {
		p.structs = yjs.AppendID(append(p.structs, ref, 0),
			yjs.ID{Client: 1, Clock: uint64(parent)})
	}
	for _, s := range content {
		p.structs = lib0.AppendString(p.structs, s)
	}
	p.last[parent] = p.n
	p.n++
	return int(p.n - 1)
}

func (p *page) element(parent int, name string) int {
	at := p.add(parent, yjs.RefType)
	p.structs = lib0.AppendString(append(p.structs, yjs.TypeXMLElement), name)
	return at
}

func (p *page) text(parent int) int {
	at := p.add(parent, yjs.RefType)
	p.structs = append(p.structs, yjs.TypeXMLText)
	return at
}

func (p *page) update() yjs.CheckedUpdate {
	b := yjs.AppendID(lib0.AppendUvarint([]byte{1}, p.n), yjs.ID{Client: 1})
	return yjs.Trust(append(append(b, p.structs...), 0))
}

// pages are documents with n times the same thing.
var pages = map[string]func(p *page, n int){
	"formats, all in force": func(p *page, n int) {
		in := p.text(p.element(inRoot, "paragraph"))
		for i := range n {
			p.add(in, yjs.RefFormat, fmt.Sprint("format", i), "{}")
			p.add(in, yjs.RefString, "x")
		}
	},
	"formats of text in an element": func(p *page, n int) {
		in := p.element(inRoot, "paragraph")
		for i := range n {
			p.add(in, yjs.RefFormat, fmt.Sprint("format", i), "{}")
			p.add(in, yjs.RefString, "x")
		}
	},
	"texts beside each other": func(p *page, n int) {
		for range n {
			p.add(p.text(inRoot), yjs.RefString, "x")
		}
	},
	"breaks where blocks should be": func(p *page, n int) {
		for range n {
			p.element(inRoot, "hard_break")
		}
	},
	"breaks in a line": func(p *page, n int) {
		in := p.element(inRoot, "paragraph")
		for range n {
			p.element(in, "hard_break")
			p.add(p.text(in), yjs.RefString, "x")
		}
	},
	"texts in code": func(p *page, n int) {
		in := p.element(inRoot, "code_block")
		for range n {
			p.add(p.text(in), yjs.RefString, "x")
		}
	},
	"paragraphs": func(p *page, n int) {
		for i := range n {
			p.add(p.text(p.element(inRoot, "paragraph")), yjs.RefString, fmt.Sprint("x", i))
		}
	},
	"items": func(p *page, n int) {
		list := p.element(inRoot, "bullet_list")
		for range n {
			p.add(p.text(p.element(p.element(list, "list_item"), "paragraph")), yjs.RefString, "x")
		}
	},
	"cells": func(p *page, n int) {
		row := p.element(p.element(inRoot, "table"), "table_row")
		for range n {
			p.add(p.text(p.element(p.element(row, "table_cell"), "paragraph")), yjs.RefString, "x")
		}
	},
}

// TestStepsOfEdits checks that the bytes that reading and editing allocate are in proportion to the
// size of the document.
func TestStepsOfEdits(t *testing.T) {
	for name, write := range pages {
		var read, edit []uint64
		for _, n := range []int{1000, 2000} {
			p := &page{last: make(map[int]uint64)}
			write(p, n)
			v, err := view.New(p.update())
			if err != nil {
				t.Fatal(err)
			}
			var tree markdown.Node
			read = append(read, allocated(func() { tree = Read(v, markdown.Schema{}) }))
			to := markdown.Node{Name: markdown.Doc,
				Content: append(tree.Content, parse(t, "more").Content...)}
			edit = append(edit, allocated(func() {
				if _, err := Edit(p.update(), markdown.Schema{}, to); err != nil {
					t.Fatal(err)
				}
			}))
		}
		for what, took := range map[string][]uint64{"reading": read, "editing": edit} {
			if took[1] > took[0]*5/2+200_000 {
				t.Errorf("%s: %s allocates %d bytes, and %d for twice as much", name, what, took[0],
					took[1])
			}
		}
	}
}

// TestStepsOfManyMarks shows that one large mark on many runs of text counts for each of them in
// the steps of reading.
func TestStepsOfManyMarks(t *testing.T) {
	p := &page{last: make(map[int]uint64)}
	in := p.text(p.element(inRoot, "paragraph"))
	p.add(in, yjs.RefFormat, "link", `{"href":"`+strings.Repeat("h", 10_000)+`"}`)
	for i := range 200 {
		p.add(in, yjs.RefFormat, "strong", []string{"{}", "null"}[i%2])
		p.add(in, yjs.RefString, "x")
	}
	to := parse(t, "other")
	if _, err := Edit(p.update(), markdown.Schema{}, to, view.MaxSteps(1<<20)); err != view.ErrBudget {
		t.Errorf("%v, want %v", err, view.ErrBudget)
	}
	if _, err := Edit(p.update(), markdown.Schema{}, to, view.MaxSteps(1<<40)); err != nil {
		t.Errorf("%v where more may be taken", err)
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
